import { main } from './command/main.ts'
import { processStreams } from './command/views/streams.ts'

// A reader that went away, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const streams = processStreams()
// Until there is a result: should nothing be left to do before that, it was no success.
process.exitCode = 1
void main({
  argv: process.argv.slice(2),
  programName: process.argv[1] ?? 'landform',
  environment: process.env,
  streams,
  cwd: () => process.cwd(),
  chdir: (dir) => process.chdir(dir),
}).then((code) => {
  process.exitCode = code
  streams.close()
})
