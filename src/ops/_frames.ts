import { readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { dirname, relative, resolve } from 'node:path'
import type { SourceRange } from '../diags/index.ts'
import { TextPlaces } from './_text-place.ts'
import { sourceFolders } from './project.ts'

/** A place in the bundle: line and column from 1, joined by a colon. */
export type BundleFrame = string

/** A line of somebody's TypeScript. */
export interface SourceFrame {
  /** Relative to the project. */
  readonly path: string
  readonly line: number
  readonly column: number
}

/** Frames of a stack that lie in the bundle, innermost first. */
export function bundleFrames(stack: string, bundle: string): readonly BundleFrame[] {
  const frames: BundleFrame[] = []
  for (const line of stack.split('\n')) {
    const at = line.indexOf(`${bundle}:`)
    const place = at < 0 ? null : /^:(\d+):(\d+)/.exec(line.slice(at + bundle.length))
    if (place !== null) frames.push(`${place[1]}:${place[2]}`)
  }
  return frames
}

/** Finds the TypeScript behind places in the bundle. The map is read when the first one is asked for. */
export class FrameMap {
  readonly #bundle: string
  readonly #root: string
  readonly #places: TextPlaces
  #map: SourceMap | undefined

  constructor(root: string, bundle: string) {
    this.#root = root
    this.#bundle = bundle
    this.#places = new TextPlaces(root)
  }

  /** The frames that lie in the project's own sources, in order; nothing of installed packages. */
  own(frames: readonly BundleFrame[]): readonly SourceFrame[] {
    if (frames.length === 0) return []
    this.#map ??= new SourceMap(JSON.parse(readFileSync(`${this.#bundle}.map`, 'utf8')) as SourceMapPayload)
    const found: SourceFrame[] = []
    for (const frame of frames) {
      const [line, column] = frame.split(':').map(Number)
      const entry = this.#map.findEntry(line! - 1, column! - 1)
      if (!('originalSource' in entry) || entry.originalSource === undefined) continue
      const path = relative(this.#root, resolve(dirname(this.#bundle), entry.originalSource)).replaceAll('\\', '/')
      if (!sourceFolders.some((folder) => path.startsWith(`${folder}/`))) continue
      const last = found.at(-1)
      if (last?.path === path && last.line === entry.originalLine + 1) continue
      found.push({ path, line: entry.originalLine + 1, column: entry.originalColumn + 1 })
    }
    return found
  }

  range({ path, line, column }: SourceFrame): SourceRange {
    return this.#places.at(path, line, column)
  }
}
