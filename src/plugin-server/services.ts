import { encodeMessage, type Handler, healthStatus, pluginProcedures } from '../plugin/wire/index.ts'

export interface PluginServices {
  /** The host asks the process to end. */
  readonly onShutdown: () => void
  /** Told of a host that wants what the process prints, with channels of `stdioChannel`; the result ends that. */
  readonly onOutput: (send: (channel: number, data: Uint8Array) => void) => () => void
}

/** What go-plugin serves beside a provider, by path. */
export function pluginServices({ onShutdown, onOutput }: PluginServices): ReadonlyMap<string, Handler> {
  const { shutdown, streamStdio, startStream, checkHealth } = pluginProcedures
  return new Map<string, Handler>([
    [
      shutdown.path,
      {
        kind: 'unary',
        handle: () => {
          onShutdown()
          return encodeMessage(shutdown.response, {})
        },
      },
    ],
    [
      streamStdio.path,
      {
        kind: 'serverStream',
        handle: async (_request, send, { signal }) => {
          const end = onOutput((to, data) => send(encodeMessage(streamStdio.response, { channel: to, data })))
          await aborted(signal)
          end()
        },
      },
    ],
    // Hosts keep it open and send nothing on it for providers.
    [startStream.path, { kind: 'duplex', handle: (_onMessage, { signal }) => aborted(signal) }],
    [checkHealth.path, { kind: 'unary', handle: () => encodeMessage(checkHealth.response, { status: healthStatus.serving }) }],
  ])
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
