import { statSync } from 'node:fs'
import { boolType, boolVal, stringType } from '../../cty/index.ts'
import type { SimpleFunction } from '../../providers/simple/index.ts'

/** `provider::local::direxists(path)`. */
export const directoryExists: SimpleFunction = {
  signature: {
    parameters: [{ name: 'path', type: stringType, description: 'Relative or absolute path to check for the existence of a directory' }],
    returnType: boolType,
    summary: 'Determines whether a directory exists at a given path.',
  },
  call([path]) {
    const name = path!.asString()
    const found = statSync(name, { throwIfNoEntry: false })
    if (found === undefined) return { result: boolVal(false) }
    if (found.isDirectory()) return { result: boolVal(true) }
    return { error: { text: `Invalid file mode detected: "${name}" was found, but is not a directory.`, argument: 0 } }
  },
}
