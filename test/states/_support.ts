import { expect } from 'vitest'
import type { AbsProviderConfig, AbsResourceInstance, InstanceKey } from '../../src/addrs/index.ts'
import type { Diagnostic } from '../../src/diags/index.ts'
import { type ObjectState, type ReadStateOptions, readStateFile, type StateFile } from '../../src/states/index.ts'

export function formatDiagnostics(diags: readonly Diagnostic[]): string {
  return diags.map((d) => `${d.summary}: ${d.detail}`).join('\n')
}

export function readOk(text: string | Uint8Array, options?: ReadStateOptions): StateFile {
  const { value, diags } = readStateFile(text, options)
  expect(formatDiagnostics(diags)).toBe('')
  return value!
}

export const nullProvider: AbsProviderConfig = {
  module: [],
  source: { host: 'registry.terraform.io', namespace: 'hashicorp', type: 'null' },
  alias: undefined,
}

export function instance(name: string, key?: InstanceKey, ...modules: string[]): AbsResourceInstance {
  return {
    module: modules.map((m) => ({ name: m, key: undefined })),
    resource: { kind: 'resource', mode: 'managed', type: 'null_resource', name },
    key,
  }
}

export function object(id: string): ObjectState {
  return {
    status: 'ready',
    schemaVersion: 0,
    attributesJson: `{"id":"${id}"}`,
    sensitivePaths: [],
    private: undefined,
    dependencies: [],
    createBeforeDestroy: false,
  }
}
