import { goQuote } from '../../base/index.ts'
import type { Palette } from '../views/palette.ts'
import type { BlockContent, Diff, DiffAction } from './diff.ts'
import { keyText, keyWidth } from './key-text.ts'

export interface RenderOptions {
  readonly palette: Palette
  /** Without symbols and with everything shown: how a state is printed. */
  readonly plain?: boolean
  /** With what does not change. */
  readonly all?: boolean | undefined
}

interface Style {
  readonly palette: Palette
  readonly symbols: Readonly<Record<DiffAction, string>>
  readonly plain: boolean
  /** What did not change is shown too. */
  readonly all: boolean
  /** The surroundings already say that this goes away. */
  readonly hideNull: boolean
}

/** The text of a diff from its opening bracket on; the first line is not indented, the others stand below `indent` levels. */
export function renderDiff(diff: Diff, indent: number, options: RenderOptions): string {
  return render(diff, indent, styleOf(options, options.all ?? options.plain ?? false, options.plain ?? false))
}

/** Lines to print above an attribute or block, each with its newline. */
export function renderWarnings(diff: Diff, indent: number, options: RenderOptions): string {
  return warnings(diff, indent, styleOf(options, false, false))
}

function styleOf({ palette, plain = false }: RenderOptions, all: boolean, hideNull: boolean): Style {
  return { palette, symbols: plain ? noSymbols : symbolsOf(palette), plain, all, hideNull }
}

export type ChangeSymbol = DiffAction | 'deleteThenCreate' | 'createThenDelete' | 'forgetThenCreate' | 'read' | 'forget'

/** Four columns that tell the action. */
export function actionSymbol(action: ChangeSymbol, palette: Palette): string {
  switch (action) {
    case 'noop':
      return '    '
    case 'create':
      return `  ${palette.green('+')} `
    case 'update':
      return `  ${palette.yellow('~')} `
    case 'delete':
      return `  ${palette.red('-')} `
    case 'deleteThenCreate':
      return `${palette.red('-')}/${palette.green('+')} `
    case 'createThenDelete':
      return `${palette.green('+')}/${palette.red('-')} `
    case 'forgetThenCreate':
      return `${palette.red('.')}/${palette.green('+')} `
    case 'read':
      return ` ${palette.cyan('<=')} `
    case 'forget':
      return `  ${palette.red('.')} `
  }
}

const margins: string[] = []

function margin(indent: number): string {
  return (margins[indent] ??= ' '.repeat(indent * 4))
}

const symbols = new WeakMap<Palette, Readonly<Record<DiffAction, string>>>()

function symbolsOf(palette: Palette): Readonly<Record<DiffAction, string>> {
  let found = symbols.get(palette)
  if (found === undefined) {
    const of = (action: DiffAction): string => actionSymbol(action, palette)
    found = { noop: of('noop'), create: of('create'), update: of('update'), delete: of('delete') }
    symbols.set(palette, found)
  }
  return found
}

const noSymbols: Readonly<Record<DiffAction, string>> = { noop: '', create: '', update: '', delete: '' }

function symbol(action: DiffAction, style: Style): string {
  return style.symbols[action]
}

function nullSuffix(action: DiffAction, style: Style): string {
  return action === 'delete' && !style.hideNull ? style.palette.dim(' -> null') : ''
}

function forces(diff: Diff, style: Style): string {
  return diff.replace ? style.palette.red(' # forces replacement') : ''
}

function hiddenLine(count: number, noun: string, indent: number, style: Style): string {
  if (count === 0) return ''
  return `${margin(indent)}${symbol('noop', style)}${style.palette.dim(`# (${count} unchanged ${noun}${count === 1 ? '' : 's'} hidden)`)}\n`
}

/** Attributes that tell which object this is are shown whole, even when they did not change. */
const identifying: ReadonlySet<string> = new Set(['id', 'name', 'tags'])

function render(diff: Diff, indent: number, style: Style): string {
  const { content } = diff
  switch (content.kind) {
    case 'primitive':
      return primitive(diff, content.before, content.after, style)
    case 'heredoc': {
      const own = diff.action === 'update'
      const lines = content.lines.map((l) => `${margin(indent + 1)}${symbol(own ? l.action : 'noop', style)}${l.text}\n`).join('')
      return `<<-EOT${forces(diff, style)}\n${lines}${margin(indent)}${symbol('noop', style)}EOT${nullSuffix(diff.action, style)}`
    }
    case 'json': {
      const changed = diff.action === 'update' && !content.whitespaceOnly
      const note = content.whitespaceOnly
        ? style.palette.dim(diff.replace ? ' # whitespace changes force replacement' : ' # whitespace changes')
        : ''
      const inner = render(content.inner, indent + 1, { ...style, hideNull: true, all: style.all || content.whitespaceOnly })
      const suffix = content.whitespaceOnly ? '' : forces(diff, style)
      if (!inner.includes('\n')) return `jsonencode(${inner})${suffix}${note}`
      return (
        `jsonencode(${note}\n${margin(indent + 1)}${symbol(changed ? content.inner.action : 'noop', style)}${inner}${suffix}\n` +
        `${margin(indent)}${symbol('noop', style)})${nullSuffix(diff.action, style)}`
      )
    }
    case 'unknown': {
      const before =
        content.before === undefined ? '' : `${render(content.before, indent, { ...style, hideNull: true })} ${style.palette.yellow('->')} `
      return `${before}(known after apply)${forces(diff, style)}`
    }
    case 'writeOnly':
      return `(write-only attribute)${nullSuffix(diff.action, style)}`
    case 'sensitive':
      if (content.block) return sensitiveBlock(diff, indent, style)
      return `(sensitive value)${nullSuffix(content.inner, style)}${forces(diff, style)}`
    case 'typeChange': {
      const hidden = { ...style, hideNull: true }
      return `${render(content.before, indent, hidden)} ${style.palette.yellow('->')} ${render(content.after, indent, hidden)}${forces(diff, style)}`
    }
    case 'object':
      return object(diff, content.attributes, content.nested, indent, style)
    case 'map':
      return map(diff, content.elements, content.nested, indent, style)
    case 'list':
      return sequence(diff, content.elements, content.context, indent, style)
    case 'set':
      return sequence(diff, content.elements, false, indent, style)
    case 'block':
      return block(diff, content, indent, style)
  }
}

function primitive(diff: Diff, before: string | undefined, after: string | undefined, style: Style): string {
  switch (diff.action) {
    case 'create':
      return `${after ?? 'null'}${forces(diff, style)}`
    case 'delete':
      return `${before ?? 'null'}${before === 'null' ? '' : nullSuffix('delete', style)}${forces(diff, style)}`
    case 'noop':
      return `${after ?? before ?? 'null'}${forces(diff, style)}`
    case 'update':
      return `${before ?? 'null'} ${style.palette.yellow('->')} ${after ?? 'null'}${forces(diff, style)}`
  }
}

function object(diff: Diff, attributes: ReadonlyMap<string, Diff>, nested: boolean, indent: number, style: Style): string {
  if (attributes.size === 0) return `{}${nullSuffix(diff.action, style)}${forces(diff, style)}`
  const width = widestKey(attributes)
  const child = withNull(style, style.plain || !nested)
  let hidden = 0
  let text = `{${forces(diff, style)}\n`
  attributes.forEach((attribute, name) => {
    const isShown = identifying.has(name)
    if (attribute.action === 'noop' && !style.all && !isShown) hidden++
    else text += entry(keyText(name), width, attribute, indent + 1, isShown ? withAll(child) : child)
  })
  return `${text}${hiddenLine(hidden, 'attribute', indent + 1, style)}${close('}', diff.action, indent, style)}`
}

function map(diff: Diff, elements: ReadonlyMap<string, Diff>, nested: boolean, indent: number, style: Style): string {
  if (elements.size === 0) return `{}${nullSuffix(diff.action, style)}${forces(diff, style)}`
  const names = new Map([...elements.keys()].map((name) => [name, goQuote(name)]))
  const width = nested ? 0 : widest(names.values())
  const child = withNull(style, style.plain || nested || diff.action === 'delete')
  let hidden = 0
  let text = `{${forces(diff, style)}\n`
  for (const [name, element] of elements) {
    if (element.action === 'noop' && !style.all) {
      hidden++
      continue
    }
    text += entry(names.get(name)!, width, element, indent + 1, child, element.content.kind === 'object' ? ',' : '')
  }
  return `${text}${hiddenLine(hidden, 'element', indent + 1, style)}${close('}', diff.action, indent, style)}`
}

function entry(name: string, width: number, diff: Diff, indent: number, style: Style, end = ''): string {
  const padding = ' '.repeat(Math.max(0, width - lengthOf(name)))
  return `${warnings(diff, indent, style)}${margin(indent)}${symbol(diff.action, style)}${name}${padding} = ${render(diff, indent, shownWhole(diff, style))}${end}\n`
}

/** What is shown although it did not change is shown with all it holds. */
function shownWhole(diff: Diff, style: Style): Style {
  return diff.action === 'noop' ? withAll(style) : style
}

function withAll(style: Style): Style {
  return style.all ? style : { ...style, all: true }
}

function withNull(style: Style, hideNull: boolean): Style {
  return style.hideNull === hideNull ? style : { ...style, hideNull }
}

function widest(names: Iterable<string>): number {
  let width = 0
  for (const name of names) width = Math.max(width, keyWidth(name))
  return width
}

function widestKey(members: ReadonlyMap<string, Diff>): number {
  let width = 0
  members.forEach((_, name) => {
    width = Math.max(width, keyWidth(keyText(name)))
  })
  return width
}

const surrogate = /[\ud800-\udfff]/

/** In code points. */
function lengthOf(text: string): number {
  return surrogate.test(text) ? [...text].length : text.length
}

function close(bracket: string, action: DiffAction, indent: number, style: Style): string {
  return `${margin(indent)}${symbol('noop', style)}${bracket}${nullSuffix(action, style)}`
}

function sequence(diff: Diff, elements: readonly Diff[], context: boolean, indent: number, style: Style): string {
  if (elements.length === 0) return `[]${nullSuffix(diff.action, style)}${forces(diff, style)}`
  const child = withNull(style, true)
  let hidden = 0
  let text = `[${forces(diff, style)}\n`
  elements.forEach((element, i) => {
    if (element.action === 'noop' && !style.all) {
      const near = context && (isChanged(elements[i - 1]) || isChanged(elements[i + 1]))
      if (!near) {
        hidden++
        return
      }
    }
    // In a list the place of what is hidden tells something; in a set it does not, and all is counted at the end.
    if (context) {
      text += hiddenLine(hidden, 'element', indent + 1, style)
      hidden = 0
    }
    text += `${warnings(element, indent + 1, child)}${margin(indent + 1)}${symbol(element.action, style)}${render(element, indent + 1, shownWhole(element, child))},\n`
  })
  return `${text}${hiddenLine(hidden, 'element', indent + 1, style)}${close(']', diff.action, indent, style)}`
}

function isChanged(diff: Diff | undefined): boolean {
  return diff !== undefined && diff.action !== 'noop'
}

function block(diff: Diff, content: BlockContent, indent: number, style: Style): string {
  const end = content.unknown ? ' -> (known after apply)' : ''
  if (content.attributes.size === 0 && content.blocks.size === 0) return `{}${forces(diff, style)}${end}`
  const width = widestKey(content.attributes)
  const child = withNull(style, style.plain)
  let hiddenAttributes = 0
  let text = `{${forces(diff, style)}\n`
  content.attributes.forEach((attribute, name) => {
    const isShown = identifying.has(name)
    if (attribute.action === 'noop' && !style.all && !isShown) hiddenAttributes++
    else text += entry(keyText(name), width, attribute, indent + 1, isShown ? withAll(child) : child)
  })
  text += hiddenLine(hiddenAttributes, 'attribute', indent + 1, style)
  let hiddenBlocks = 0
  for (const [type, blocks] of content.blocks) {
    let first = true
    for (const { label, diff: nested } of blocks) {
      if (nested.action === 'noop' && !style.all) {
        hiddenBlocks++
        continue
      }
      if (first && content.attributes.size > 0) text += '\n'
      first = false
      const name = label === undefined ? keyText(type) : `${keyText(type)} ${goQuote(label)}`
      text += `${warnings(nested, indent + 1, child)}${margin(indent + 1)}${symbol(nested.action, style)}${name} ${render(nested, indent + 1, child)}\n`
    }
  }
  if (hiddenBlocks > 0) text += `\n${hiddenLine(hiddenBlocks, 'block', indent + 1, style)}`
  return `${text}${margin(indent)}${symbol('noop', style)}}${end}`
}

function sensitiveBlock(diff: Diff, indent: number, style: Style): string {
  const lead = `${margin(style.plain ? indent : indent + 1)}  # `
  return (
    `{${forces(diff, style)}\n${lead}At least one attribute in this block is (or was) sensitive,\n` +
    `${lead}so its contents will not be displayed.\n${margin(indent)}${symbol('noop', style)}}`
  )
}

function warnings(diff: Diff, indent: number, style: Style): string {
  const { content } = diff
  if (content.kind !== 'sensitive' || content.before === content.after || content.inner === 'create' || content.inner === 'delete')
    return ''
  const lead = `${margin(indent)}  # `
  const what = content.block ? 'block' : 'attribute value'
  const unchanged = content.inner === 'noop' && !content.block ? ' The value is unchanged.' : ''
  const first = style.palette.yellow('Warning:')
  return content.after
    ? `${lead}${first} this ${what} will be marked as sensitive and will not\n${lead}display in UI output after applying this change.${unchanged}\n`
    : `${lead}${first} this ${what} will no longer be marked as sensitive\n${lead}after applying this change.${unchanged}\n`
}
