import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SchemaAnswers } from './schema.ts'

/** Where the answers of a plugin about its schema are kept between runs. */
export interface SchemaCache {
  read(): SchemaAnswers | undefined
  write(answers: SchemaAnswers): void
}

/** Of the file: `landform-schema 1`, protocol, length of the first answer, both answers. */
const MAGIC = Buffer.from('LFSCHEMA1')
const HEADER = MAGIC.length + 1 + 4

/**
 * One file for each program file, known by place, size and times: another program has another schema. What cannot be read or written is
 * as if it were not there.
 */
export function schemaCache(folder: string, executable: string): SchemaCache | undefined {
  let file: string
  try {
    const s = statSync(executable, { bigint: true })
    const key = [executable, s.dev, s.ino, s.size, s.mtimeNs, s.ctimeNs].join('\n')
    file = join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.bin`)
  } catch {
    return undefined
  }
  return {
    read() {
      try {
        const bytes = readFileSync(file)
        if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
        const protocol = bytes[MAGIC.length]
        const length = bytes.readUInt32BE(MAGIC.length + 1)
        if ((protocol !== 5 && protocol !== 6) || HEADER + length > bytes.length) return undefined
        return { protocol, schema: bytes.subarray(HEADER, HEADER + length), identities: bytes.subarray(HEADER + length) }
      } catch {
        return undefined
      }
    },
    write({ protocol, schema, identities }) {
      const header = Buffer.alloc(HEADER)
      MAGIC.copy(header)
      header[MAGIC.length] = protocol
      header.writeUInt32BE(schema.length, MAGIC.length + 1)
      const temporary = `${file}.${process.pid}`
      try {
        mkdirSync(folder, { recursive: true })
        writeFileSync(temporary, Buffer.concat([header, schema, identities]), { mode: 0o600 })
        renameSync(temporary, file)
      } catch {
        rmSync(temporary, { force: true })
      }
    },
  }
}
