import { openSync, writeSync } from 'node:fs'
import type { Streams } from './views/streams.ts'

/** A file for `-json-into` cannot be opened. */
export class JsonIntoError extends Error {
  override readonly name = 'JsonIntoError'
}

/**
 * The same streams with an output that is a file, or a pipe that somebody reads. Each piece is written at once, so that a reader is
 * never behind.
 *
 * @throws JsonIntoError
 */
export function fileStreams(path: string, streams: Streams): Streams {
  let file: number
  try {
    file = openSync(path, 'w')
  } catch (error) {
    throw new JsonIntoError(`The file of -json-into could not be opened: ${(error as Error).message}.`, { cause: error })
  }
  return {
    out: (text) => void writeSync(file, text),
    err: (text) => void writeSync(file, text),
    readLine: async () => undefined,
    readAll: async () => '',
    close: () => {},
    outIsTerminal: false,
    inIsTerminal: false,
    columns: streams.columns,
  }
}
