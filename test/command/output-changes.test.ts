import { expect, test } from 'vitest'
import { dialectFor } from '../../src/command/views/dialect.ts'
import { plainPalette } from '../../src/command/views/palette.ts'
import { outputChangesText } from '../../src/command/views/plan-text.ts'
import { intVal, numberType, objectType, objectVal, tupleVal, unknownVal, type Value } from '../../src/cty/index.ts'

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
