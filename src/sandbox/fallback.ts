import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { WireRequest, WireResponse } from './protocols/index.ts'

/** Another emulator, which answers what the sandbox does not implement. */
export interface Fallback {
  readonly url: string
  /** Its answer to the very request, signature and all. @throws Error when it gives none. */
  forward(request: WireRequest, rawQuery: string): Promise<WireResponse>
}

/** Of one connection; they mean nothing on the next. */
const hopHeaders: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** How long it may take to answer. */
const timeoutMs = 120_000

/** @param address where it listens, such as `http://127.0.0.1:5000`. @throws TypeError when that is no URL. */
export function openFallback(address: string): Fallback {
  const base = new URL(address)
  const prefix = base.pathname.replace(/\/$/, '')
  const send = base.protocol === 'https:' ? requestHttps : requestHttp
  return {
    url: base.href,
    forward: ({ method, path, headers, body }, rawQuery) =>
      new Promise((resolve, reject) => {
        const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !hopHeaders.has(name)))
        const outgoing = send(
          {
            protocol: base.protocol,
            hostname: base.hostname.replace(/^\[|\]$/g, ''),
            port: base.port,
            method,
            path: `${prefix}${path}${rawQuery === '' ? '' : `?${rawQuery}`}`,
            // The name of the host is part of what was signed, and tells the service apart for some.
            headers: { ...kept, 'content-length': String(body.length) },
            timeout: timeoutMs,
          },
          (answer) => {
            const chunks: Buffer[] = []
            answer.on('data', (chunk: Buffer) => chunks.push(chunk))
            answer.on('error', reject)
            answer.on('end', () => {
              const told: Record<string, string> = {}
              for (const [name, value] of Object.entries(answer.headers)) {
                if (value !== undefined && !hopHeaders.has(name)) told[name] = Array.isArray(value) ? value.join(', ') : value
              }
              // What HEAD would have answered is told by this header alone; elsewhere the length is that of the body.
              if (method !== 'HEAD') delete told['content-length']
              resolve({ status: answer.statusCode ?? 502, headers: told, body: Buffer.concat(chunks) })
            })
          },
        )
        outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} seconds`)))
        outgoing.on('error', reject)
        outgoing.end(body)
      }),
  }
}
