import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Machines that run tests often have other things to do, too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
