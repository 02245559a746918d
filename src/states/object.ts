import { compareStrings, InvariantError, invariant } from '../base/index.ts'
import {
  EPHEMERAL,
  jsonToValue,
  type Marks,
  markPaths,
  type Path,
  pathToString,
  SENSITIVE,
  type Type,
  unknownAsNull,
  unmarkDeepWithPaths,
  type Value,
  valueToJson,
} from '../cty/index.ts'
import type { ObjectState } from './state.ts'

/** What an object's record holds beside the attributes. */
export interface ObjectMeta {
  readonly status?: ObjectState['status'] | undefined
  readonly schemaVersion: number
  readonly private?: Uint8Array | undefined
  /** Texts of static resource addresses in any order. */
  readonly dependencies?: Iterable<string> | undefined
  readonly createBeforeDestroy?: boolean | undefined
  readonly extra?: ObjectState['extra']
}

const sensitiveMarks: Marks = new Set([SENSITIVE])

/**
 * The record of an object. Sensitive marks become paths; other marks have no place in a state and are dropped. Unknown parts are
 * written as null, which happens only where applying failed half way.
 *
 * @param type the implied type of the schema; it decides where dynamic parts carry their type.
 * @throws InvariantError for ephemeral values, which the engine must have replaced by null, and for a null or unknown object.
 */
export function encodeObject(value: Value, type: Type, meta: ObjectMeta): ObjectState {
  const [bare, marked] = unmarkDeepWithPaths(value)
  invariant(bare.hasContent, 'A null or unknown object cannot be stored.')
  const sensitive: { readonly path: Path; readonly text: string }[] = []
  for (const { path, marks } of marked) {
    if (marks.has(EPHEMERAL))
      throw new InvariantError(`An ephemeral value at ${pathToString(path)} cannot be stored. This is a bug in Landform.`)
    if (marks.has(SENSITIVE)) sensitive.push({ path, text: pathToString(path) })
  }
  sensitive.sort((a, b) => compareStrings(a.text, b.text))
  return {
    status: meta.status ?? 'ready',
    schemaVersion: meta.schemaVersion,
    attributesJson: valueToJson(bare.isWhollyKnown ? bare : unknownAsNull(bare), type),
    sensitivePaths: sensitive.map((s) => s.path),
    private: meta.private?.length === 0 ? undefined : meta.private,
    dependencies: [...new Set(meta.dependencies)].sort(compareStrings),
    createBeforeDestroy: meta.createBeforeDestroy ?? false,
    extra: meta.extra,
  }
}

/**
 * The value of an object whose record is of the type's schema version; older ones go through the provider's upgrade first.
 * Carries the sensitive marks that were recorded. The schema's own sensitive attributes are added by whoever knows the schema.
 *
 * @throws CtyError when the attributes are not of the type.
 */
export function decodeObject(object: ObjectState, type: Type): Value {
  const value = jsonToValue(object.attributesJson, type)
  if (object.sensitivePaths.length === 0) return value
  return markPaths(
    value,
    object.sensitivePaths.map((path) => ({ path, marks: sensitiveMarks })),
  )
}
