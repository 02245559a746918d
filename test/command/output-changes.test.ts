import { expect, test } from 'vitest'
import { dialectFor } from '../../src/command/views/dialect.ts'
import { plainPalette } from '../../src/command/views/palette.ts'
import { outputChangesText } from '../../src/command/views/plan-text.ts'
import { intVal, numberType, objectType, objectVal, stringType, stringVal, tupleVal, unknownVal, type Value } from '../../src/cty/index.ts'

const one = objectVal([['a', intVal(1)]])
const later = unknownVal(objectType([['a', numberType]]))

function shown(before: Value, after: Value): string[] {
  const style = { palette: plainPalette, dialect: dialectFor('terraform', undefined) }
  return outputChangesText([{ name: 'o', action: 'update', before, after, sensitive: false }], style).split('\n')
}

test('objects of a list of another length that are not known yet are no changed ones', () => {
  expect(shown(tupleVal([one, one]), tupleVal([later]))).toEqual([
    '  ~ o = [',
    '      - {',
    '          - a = 1',
    '        },',
    '      - {',
    '          - a = 1',
    '        },',
    '      + (known after apply),',
    '    ]',
  ])
})

const text = unknownVal(stringType)

test('before what is not known yet an empty text is null, and within it is not', () => {
  expect(shown(stringVal(''), text)).toEqual(['  ~ o = null -> (known after apply)'])
  expect(shown(objectVal([['a', stringVal('')]]), objectVal([['a', text]]))).toEqual([
    '  ~ o = {',
    '      ~ a = "" -> (known after apply)',
    '    }',
  ])
})

test('names are filled up to the bytes of the longest', () => {
  const both = (value: string): Value =>
    objectVal([
      ['a', stringVal(value)],
      ['é', stringVal(value)],
    ])
  expect(shown(both('x'), both('y'))).toEqual(['  ~ o = {', '      ~ a  = "x" -> "y"', '      ~ é  = "x" -> "y"', '    }'])
})

test('a text that begins with white space is no JSON', () => {
  expect(shown(stringVal('{"a":1}'), stringVal(' {}'))).toEqual([
    '  ~ o = jsonencode(',
    '        {',
    '          - a = 1',
    '        }',
    '    ) -> " {}"',
  ])
})

test('texts of as many lines are compared line by line, unless lines have only moved', () => {
  const change = (before: string, after: string): string[] => shown(stringVal(before), stringVal(after)).map((line) => line.trim())
  expect(change('x\ny\nz\n', 'a\nb\nx\n')).toEqual(['~ o = <<-EOT', '- x', '+ a', '- y', '+ b', '- z', '+ x', 'EOT'])
  expect(change('x\ny\nz\n', 'y\nz\nx\n')).toEqual(['~ o = <<-EOT', '- x', 'y', 'z', '+ x', 'EOT'])
  expect(change('x\ny\n', 'a\nb\nx\n')).toEqual(['~ o = <<-EOT', '+ a', '+ b', 'x', '- y', 'EOT'])
})
