import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'

/** The program of the independent AWS emulator, where there is one. */
export const motoProgram: string | undefined = findMoto()

function findMoto(): string | undefined {
  const given = process.env.LANDFORM_PEER_MOTO
  if (given) return given
  const found = spawnSync('sh', ['-c', 'command -v moto_server'], { encoding: 'utf8' })
  return found.status === 0 ? found.stdout.trim() : undefined
}

export interface Moto {
  readonly url: string
  stop(): Promise<void>
}

/** Starts it on a free port of this machine; its memory is empty. */
export async function startMoto(): Promise<Moto> {
  const port = await freePort()
  const child = spawn(motoProgram!, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  for (let i = 0; ; i++) {
    const answer = await fetch(`${url}/moto-api/data.json`).catch(() => undefined)
    if (answer?.ok) break
    if (i > 300 || child.exitCode !== null) throw new Error('moto_server does not start')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    async stop() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
