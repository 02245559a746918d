import { absResourceInstanceToString } from '../addrs/index.ts'
import type { Diagnostic } from '../diags/index.ts'
import type { EngineHooks } from '../engine/index.ts'
import type { Action } from '../plans/index.ts'

/** What happens while planning or applying, as it happens. Addresses are those of resource instances. */
export type RunEvent =
  | { readonly kind: 'refreshing' | 'refreshed' | 'reading' | 'provisioned'; readonly address: string }
  | { readonly kind: 'read'; readonly address: string; readonly errors: readonly Diagnostic[] }
  | { readonly kind: 'planned' | 'applying'; readonly address: string; readonly action: Action }
  | { readonly kind: 'applied'; readonly address: string; readonly action: Action; readonly errors: readonly Diagnostic[] }
  | { readonly kind: 'provisioning'; readonly address: string; readonly provisioner: string }
  | { readonly kind: 'output'; readonly address: string; readonly provisioner: string; readonly line: string }

/** Hooks of the engine that tell somebody in plain words. */
export function eventHooks(tell: ((event: RunEvent) => void) | undefined): EngineHooks {
  if (tell === undefined) return {}
  const text = absResourceInstanceToString
  return {
    preRefresh: (address) => tell({ kind: 'refreshing', address: text(address) }),
    postRefresh: (address) => tell({ kind: 'refreshed', address: text(address) }),
    preRead: (address) => tell({ kind: 'reading', address: text(address) }),
    postRead: (address, _value, errors) => tell({ kind: 'read', address: text(address), errors: errors ?? [] }),
    postDiff: (address, action) => tell({ kind: 'planned', address: text(address), action }),
    preApply: (address, action) => tell({ kind: 'applying', address: text(address), action }),
    postApply: (address, action, errors) => tell({ kind: 'applied', address: text(address), action, errors: errors ?? [] }),
    preProvision: (address, provisioner) => tell({ kind: 'provisioning', address: text(address), provisioner }),
    provisionOutput: (address, provisioner, line) => tell({ kind: 'output', address: text(address), provisioner, line }),
    postProvision: (address) => tell({ kind: 'provisioned', address: text(address) }),
  }
}
