/**
 * What changed, as a tree that renderers draw. A leaf knows its texts' values, not its layout; colour and indentation
 * belong to `render.ts`.
 */
export interface Diff {
  readonly action: DiffAction
  /** A change at exactly this place makes the object be replaced. */
  readonly replace: boolean
  readonly content: DiffContent
}

export type DiffAction = 'noop' | 'create' | 'update' | 'delete'

export type DiffContent =
  /** Ready texts of the two sides; undefined where there is none. */
  | { readonly kind: 'primitive'; readonly before: string | undefined; readonly after: string | undefined }
  /** Text of several lines, without the last newline. */
  | { readonly kind: 'heredoc'; readonly lines: readonly { readonly action: DiffAction; readonly text: string }[] }
  | { readonly kind: 'json'; readonly inner: Diff; readonly whitespaceOnly: boolean }
  | { readonly kind: 'unknown'; readonly before: Diff | undefined }
  | { readonly kind: 'sensitive'; readonly inner: DiffAction; readonly before: boolean; readonly after: boolean; readonly block: boolean }
  /** There is something in the configuration, perhaps: it is never stored. */
  | { readonly kind: 'writeOnly' }
  | { readonly kind: 'typeChange'; readonly before: Diff; readonly after: Diff }
  /** `nested`: attributes with a schema of their own, whose deletion shows `-> null` for each. */
  | { readonly kind: 'object'; readonly attributes: ReadonlyMap<string, Diff>; readonly nested: boolean }
  | { readonly kind: 'map'; readonly elements: ReadonlyMap<string, Diff>; readonly nested: boolean }
  /** `context`: unchanged neighbours of a change are shown. */
  | { readonly kind: 'list'; readonly elements: readonly Diff[]; readonly context: boolean }
  | { readonly kind: 'set'; readonly elements: readonly Diff[] }
  | BlockContent

export interface BlockContent {
  readonly kind: 'block'
  readonly attributes: ReadonlyMap<string, Diff>
  /** By block type, in ascending order; `label` only for blocks in a map. */
  readonly blocks: ReadonlyMap<string, readonly { readonly label: string | undefined; readonly diff: Diff }[]>
  /** The content is not known yet: it is drawn with what will be there. */
  readonly unknown: boolean
}

export type Children = ReadonlyMap<string, Diff> | readonly Diff[]

/** The action of a container from those of its children. */
export function combineActions(start: DiffAction, children: Children): DiffAction {
  let action = start
  children.forEach((child) => {
    action = withAction(action, child)
  })
  return action
}

/** The action of a container when one more child is counted in. */
export function withAction(action: DiffAction, child: Diff): DiffAction {
  return child.action !== 'noop' && child.action !== action ? 'update' : action
}
