import { dynamicType, FunctionError, type FunctionSpec, stringType, type Type, type Value } from '../../cty/index.ts'
import { Diagnostics, formatRange, Source } from '../../diags/index.ts'
import { type EvalContext, type Expr, evaluate, parseTemplate, traversals } from '../../hcl/index.ts'
import { any, define, type FunctionContext, fail, failArg, str } from './_define.ts'
import { pathParam, readSourceText } from './filesystem.ts'

type Lookup = EvalContext['functions']

const NAME = /^[\p{L}_][\p{L}\p{N}_-]*$/u

/** Templates may call all functions but those that render templates from files: they would never end. */
export function templateFunctions(context: FunctionContext, functions: Lookup): readonly FunctionSpec[] {
  const inner: Lookup = (name) => {
    if (name.replace(/^core::/, '') !== 'templatefile') return functions(name)
    return define(
      'templatefile',
      [],
      dynamicType,
      () => fail('cannot recursively call templatefile from inside another template function'),
      {
        description: '',
        varParam: any('args', { allowNull: true, allowUnknown: true, allowDynamic: true }),
      },
    )
  }
  const file = (path: Value): Expr => parse(new Source(path.unmark().asString(), readSourceText(context, path)))
  return [
    define(
      'templatefile',
      [pathParam, any('vars')],
      ([path, vars]) => (path!.isKnown && vars!.isKnown ? render(file(path!), vars!, inner).type : dynamicType),
      ([path, vars]) => render(file(path!), vars!, inner).withMarks(path!.marks),
      { description: 'The result of a template file with the given variables.', mayBeNull: true },
    ),
    define(
      'templatestring',
      [str('template'), any('vars')],
      stringType as Type,
      ([template, vars]) => render(parse(new Source('<templatestring argument>', template!.asString()), 0), vars!, inner),
      { description: 'The result of a template given as a string.' },
    ),
  ]
}

/** @param index of the argument that is itself the template, when that cannot be read */
function raise(diags: Diagnostics, index: number | undefined): void {
  const first = diags.items.find((d) => d.severity === 'error')
  if (first === undefined) return
  const place = first.subject === undefined ? '' : `${formatRange(first.subject)}: `
  throw new FunctionError(`${index === undefined ? '' : 'invalid template: '}${place}${first.summary}; ${first.detail}`, index)
}

function parse(source: Source, index?: number): Expr {
  const diags = new Diagnostics()
  const expr = parseTemplate(source, diags)
  raise(diags, index)
  return expr
}

function render(expr: Expr, vars: Value, functions: Lookup): Value {
  if (vars.type.kind !== 'object' && vars.type.kind !== 'map') failArg(1, 'invalid vars value: must be a map')
  const given = vars.asMap()
  for (const name of given.keys()) {
    if (!NAME.test(name)) {
      failArg(
        1,
        `invalid template variable name ${JSON.stringify(name)}: must start with a letter, followed by zero or more letters, digits, and underscores`,
      )
    }
  }
  for (const traversal of traversals(expr)) {
    if (!given.has(traversal.root))
      failArg(1, `vars map does not contain key ${JSON.stringify(traversal.root)}, referenced at ${formatRange(traversal.rootRange)}`)
  }
  const diags = new Diagnostics()
  const value = evaluate(expr, { variables: given, functions }, diags)
  raise(diags, undefined)
  return value
}
