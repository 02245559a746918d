import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runIn } from '../support/in-process.ts'

// What Terraform 1.11.4 says where the message of a rule of an input variable is no text that can be shown.

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'landform-messages-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const failed = (message: string): readonly [string, string] => [
  'Invalid value for variable',
  `${message}\n\nThis was checked by the validation rule at main.tf:4,3-13.`,
]

test.each<[message: string, want: readonly (readonly [summary: string, detail: string])[]]>([
  ['"plain"', [failed('plain')]],
  [
    'terraform_data.u.output',
    [
      [
        'Invalid error message',
        "Unsuitable value for error message: expression refers to values that won't be known until the apply phase.",
      ],
    ],
  ],
  [
    '["a"]',
    [
      failed('Failed to evaluate condition error message.'),
      ['Invalid error message', 'Unsuitable value for error message: string required.'],
    ],
  ],
  [
    'sensitive("x")',
    [
      failed('The error message included a sensitive value, so it will not be displayed.'),
      [
        'Error message refers to sensitive values',
        'The error expression used to explain this condition refers to sensitive values. Terraform will not display the resulting message.\n\nYou can correct this by removing references to sensitive values, or by carefully using the nonsensitive() function if the expression will not reveal the sensitive data.',
      ],
    ],
  ],
])('%s', async (message, want) => {
  writeFileSync(
    join(dir, 'main.tf'),
    `resource "terraform_data" "u" { input = timestamp() }
variable "v" {
  default = 1
  validation {
    condition     = var.v == 2
    error_message = ${message}
  }
}
`,
  )
  const { code, stdout } = await runIn(dir, ['plan', '-json'], { environment: {}, name: 'terraform' })
  const said = stdout.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line).diagnostic ?? [])))
  expect([code, said.map((d) => [d.severity, d.summary, d.detail])]).toEqual([1, want.map(([s, d]) => ['error', s, d])])
})
