import { describe, expect, test } from 'vitest'
import { loadModule, memoryFileSystem } from '../../src/config/index.ts'
import { Diagnostics, formatRange } from '../../src/diags/index.ts'

/** `RANGE: SUMMARY` of each problem of a JSON file. */
function problems(text: string): string[] {
  const diags = new Diagnostics()
  loadModule('.', memoryFileSystem({ 'main.tf.json': text }), diags)
  return diags.items.map(({ subject, summary }) => `${formatRange(subject!)}: ${summary}`)
}

describe('references in JSON strings', () => {
  const bad = 'Invalid expression'
  test.each([
    ['{"import":{"to":"terraform_data.a + 1","id":"x"}}', [`main.tf.json:1,17-39: ${bad}`, 'main.tf.json:1,12-39: Invalid import address']],
    ['{"import":{"to":"\\u0074erraform_data.a[upper(1)]","id":"x"}}', []],
    ['{"resource":{"terraform_data":{"b":{"depends_on":["${terraform_data.a}"]}}}}', [`main.tf.json:1,51-72: ${bad}`]],
    ['{"resource":{"terraform_data":{"b":{"depends_on":["terraform_data.a[0] + 1"]}}}}', [`main.tf.json:1,51-76: ${bad}`]],
    ['{"removed":{"from":"${terraform_data.a}"}}', [`main.tf.json:1,20-41: ${bad}`]],
    [
      '{"resource":{"terraform_data":{"b":{"lifecycle":{"replace_triggered_by":["local.x.y"]}}}}}',
      ['Invalid reference in replace_triggered_by expression', 'Invalid replace_triggered_by expression'].map(
        (summary) => `main.tf.json:1,74-85: ${summary}`,
      ),
    ],
  ])('%s', (text, want) => {
    expect(problems(text)).toEqual(want)
  })
})
