import { scalar } from '../plugin/wire/codec.ts'
import { encodeMessage, type Handler } from '../plugin/wire/index.ts'

const Empty = {}
const Health = { status: scalar(1, 'enum') }
const serving = 1
const StdioData = { channel: scalar(1, 'enum'), data: scalar(2, 'bytes') }

/** Of `StdioData`. */
export const channel = { stdout: 1, stderr: 2 } as const

export interface PluginServices {
  /** The host asks the process to end. */
  readonly onShutdown: () => void
  /** Told of a host that wants what the process prints; the result ends that. */
  readonly onOutput: (send: (channel: number, data: Uint8Array) => void) => () => void
}

/** What go-plugin serves beside a provider, by path. */
export function pluginServices({ onShutdown, onOutput }: PluginServices): ReadonlyMap<string, Handler> {
  return new Map<string, Handler>([
    [
      '/plugin.GRPCController/Shutdown',
      {
        kind: 'unary',
        handle: () => {
          onShutdown()
          return encodeMessage(Empty, {})
        },
      },
    ],
    [
      '/plugin.GRPCStdio/StreamStdio',
      {
        kind: 'serverStream',
        handle: async (_request, send, { signal }) => {
          const end = onOutput((to, data) => send(encodeMessage(StdioData, { channel: to, data })))
          await aborted(signal)
          end()
        },
      },
    ],
    // Hosts keep it open and send nothing on it for providers.
    ['/plugin.GRPCBroker/StartStream', { kind: 'duplex', handle: (_onMessage, { signal }) => aborted(signal) }],
    ['/grpc.health.v1.Health/Check', { kind: 'unary', handle: () => encodeMessage(Health, { status: serving }) }],
  ])
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
