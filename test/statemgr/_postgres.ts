import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = process.env.LANDFORM_PEER_PG_BIN || '/usr/lib/postgresql/15/bin'

/** The folder of PostgreSQL's programs; undefined where there is none. */
export const postgresPrograms = existsSync(join(folder, 'initdb')) ? folder : undefined

export interface Postgres {
  readonly port: number
  readonly connString: string
  stop(): void
}

/** A server of its own, for as long as the tests last. It refuses to run as root, so root runs it as somebody else. */
export async function startPostgres(): Promise<Postgres> {
  const dir = mkdtempSync(join(tmpdir(), 'landform-pg-'))
  const asUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  if (asUser.uid !== undefined) chownSync(dir, asUser.uid, asUser.gid)
  const run = (program: string, args: readonly string[]): void => {
    // The server keeps what it is given as output, and would be waited for.
    const result = spawnSync(join(postgresPrograms!, program), args, { cwd: dir, stdio: 'ignore', ...asUser })
    if (result.status !== 0) throw new Error(`${program} ended with ${result.status ?? result.error?.message}.`)
  }
  const data = join(dir, 'data')
  run('initdb', ['-D', data, '-A', 'trust', '-U', 'landform', '--no-sync'])
  const port = await freePort()
  run('pg_ctl', ['-D', data, '-w', '-l', join(dir, 'log'), '-o', `-c listen_addresses=127.0.0.1 -p ${port} -k ${dir} -F`, 'start'])
  return {
    port,
    connString: `postgres://landform@127.0.0.1:${port}/postgres?sslmode=disable`,
    stop() {
      run('pg_ctl', ['-D', data, '-m', 'immediate', 'stop'])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
