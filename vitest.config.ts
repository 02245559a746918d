import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// What the machine at hand sets for Terraform (its CLI configuration, arguments, a workspace, a log) must not
// reach the programs that tests start.
for (const name of Object.keys(process.env)) if (name.startsWith('TF_')) delete process.env[name]

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // `make test-long` runs these too.
    exclude: process.env.LANDFORM_LONG ? [] : ['test/**/*.long.test.ts'],
    // Many tests wait for programs that they start.
    maxWorkers: Math.max(2, availableParallelism()),
    // Machines that run tests often have other things to do, too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
