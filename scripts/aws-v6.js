// Writes src/builtin/aws/schemas/v6.json: in what version 6.25.0 of hashicorp/aws differs from the data files, which are of 5.100.0.
//
// Read off the bindings of that version (@cdktf/provider-aws), which name arguments with their types, and attributes. They do not say
// which optional arguments are computed too. Of nested blocks only what is new or gone at the top level of a type is found.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const schemas = join(root, 'src/builtin/aws/schemas')
const bindings = join(root, 'node_modules/@cdktf/provider-aws/lib')

const types = {
  string: 'string',
  number: 'number',
  boolean: 'bool',
  stringList: ['list', 'string'],
  stringSet: ['set', 'string'],
  numberList: ['list', 'number'],
  stringMap: ['map', 'string'],
}
const getters = { String: 'string', Number: 'number', Boolean: 'bool', List: ['list', 'string'], StringMap: ['map', 'string'] }

const differences = {}
for (const file of readdirSync(schemas).sort()) {
  const name = file.replace('.json', '')
  if (!/^(data\.)?aws_/.test(name)) continue
  const difference = compare(name)
  if (Object.keys(difference).length > 0) differences[name] = difference
}
writeFileSync(join(schemas, 'v6.json'), `${JSON.stringify(differences, undefined, 2)}\n`)

function compare(name) {
  const { block } = JSON.parse(readFileSync(join(schemas, `${name}.json`), 'utf8'))
  const folder = name.replace('data.aws_', 'data-aws-').replace('aws_', '').replaceAll('_', '-')
  const path = join(bindings, folder, 'index')
  if (!existsSync(`${path}.js`)) {
    console.error(`${name}: not in version 6`)
    return {}
  }
  const { args, attributes } = readBinding(readFileSync(`${path}.js`, 'utf8'), readFileSync(`${path}.d.ts`, 'utf8'))
  const known = { ...block.attributes, ...block.block_types }
  const remove = Object.keys(known).filter((n) => n !== 'id' && !(n in args) && !(n in attributes))
  const add = {}
  for (const [n, { type, required, isBlock }] of Object.entries(args)) {
    if (n in known || n === 'region') continue
    if (type === undefined || isBlock) console.error(`${name}.${n}: new, of a type that is not read`)
    else add[n] = { type, ...(required ? { required } : { optional: true }) }
  }
  for (const [n, type] of Object.entries(attributes)) {
    if (n in known || n in args || n === 'region') continue
    if (type === undefined) console.error(`${name}.${n}: new, of a type that is not read`)
    else add[n] = { type, computed: true }
  }
  const relax = Object.entries(block.attributes ?? {})
    .filter(([n, a]) => a.required && args[n]?.required === false)
    .map(([n]) => n)
  return {
    ...(remove.length > 0 ? { remove } : {}),
    ...(Object.keys(add).length > 0 ? { add } : {}),
    ...(relax.length > 0 ? { relax } : {}),
    ...('region' in args ? {} : { isGlobal: true }),
  }
}

/** Arguments and attributes of the main class, the last one of the module. */
function readBinding(code, declarations) {
  const main = code.slice(code.lastIndexOf('\nclass '))
  const hcl = main.slice(main.indexOf('synthesizeHclAttributes()'))
  const args = {}
  for (const [, n, text] of hcl.matchAll(/^ {12}(\w+): \{([\s\S]*?)^ {12}\}/gm)) {
    const storage = /storageClassType: "(\w+)"/.exec(text)?.[1]
    args[n] = { type: types[storage], isBlock: /isBlock: true/.test(text), required: isRequired(declarations, n) }
  }
  const attributes = {}
  for (const [, kind, n] of main.matchAll(/return (?:cdktf\.Fn\.tolist\()?this\.get(\w+)Attribute\('(\w+)'\)/g))
    attributes[n] = getters[kind]
  for (const [, n] of main.matchAll(/new cdktf\.StringMap\(this, "(\w+)"\)/g)) attributes[n] = ['map', 'string']
  for (const [, n] of main.matchAll(/new \w+(?:List|OutputReference)\(this, "(\w+)"/g)) attributes[n] ??= undefined
  return { args, attributes }
}

function isRequired(declarations, name) {
  const property = name.replace(/_(\w)/g, (_, c) => c.toUpperCase())
  const config = declarations.slice(0, declarations.indexOf('\n}'))
  return new RegExp(`readonly ${property}:`).test(config)
}
