import { main } from '../../src/command/main.ts'

export interface Typed {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process. With answers it runs at a terminal. */
export async function typeAt(
  root: string,
  args: readonly string[],
  options: { readonly answers?: readonly string[]; readonly environment?: Readonly<Record<string, string | undefined>> } = {},
): Promise<Typed> {
  const left = [...(options.answers ?? [])]
  let out = ''
  let err = ''
  const code = await main({
    argv: args,
    programName: 'landform',
    environment: { NO_COLOR: '1', PATH: process.env.PATH, ...options.environment },
    cwd: () => root,
    chdir: () => {},
    streams: {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      readLine: async () => left.shift(),
      readAll: async () => '',
      close: () => {},
      outIsTerminal: options.answers !== undefined,
      inIsTerminal: options.answers !== undefined,
      columns: 200,
    },
  })
  return { code, out, err }
}
