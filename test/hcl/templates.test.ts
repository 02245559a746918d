import { describe, expect, test } from 'vitest'
import { Diagnostics, Source } from '../../src/diags/index.ts'
import { evaluate, parseExpression, parseHcl } from '../../src/hcl/index.ts'

function templateText(text: string): string {
  const diags = new Diagnostics()
  const value = evaluate(parseExpression(new Source('test', text), diags), undefined, diags)
  expect(diags.items).toEqual([])
  return value.asString()
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: configuration, not JavaScript.
/** Recorded from Terraform 1.11.4. */
describe('templates give the text that Terraform gives', () => {
  test.each([
    ['"$$${1}"', '$${1}'],
    ['"$$$${1}"', '$$${1}'],
    ['"$$"', '$$'],
    ['"%%{x"', '%{x'],
    ['"$$$${"', '$$${'],
    ['"$$$$${1}"', '$$$${1}'],
    ['"  ${~ 1 ~}  x"', '1x'],
    ['"a\\n\\n  ${~ 1 ~}\\n\\n  x"', 'a1x'],
    ['<<EOT\n\n  a\n\n   ${~ 1 ~}  \n\n   b\nEOT\n', '\n  a\n\n1\n   b\n'],
    ['<<-EOT\n    a\n  b\n\n      c\n  EOT\n', '  a\nb\n\n    c\n'],
    ['<<-EOT\n\ta\n  b\n  EOT\n', 'a\n b\n'],
    ['<<-EOT\n    ${1}\n      b\n  EOT\n', '1\n  b\n'],
    ['<<-EOT\n    a ${1}\n   ${2} b\n  EOT\n', ' a 1\n2 b\n'],
    ['<<EOT\n%{ if true ~}\n  yes\n%{ else ~}\n  no\n%{ endif ~}\nend\nEOT\n', '  yes\nend\n'],
    ['<<-EOT\n    %{ if true ~}\n      yes\n    %{ else ~}\n      no\n    %{ endif ~}\n    end\n  EOT\n', '      yes\n    end\n'],
    ['<<-EOT\n    a ${1 ~}\n      b\n    c\n  EOT\n', 'a 1      b\nc\n'],
    ['<<-EOT\n    a\n    ${~ 1}\n      b\n  EOT\n', '    a\n1\n      b\n'],
    ['<<EOT\n$${x} %%{y} \\n $$$${1}\nEOT\n', '${x} %{y} \\n $$${1}\n'],
    ['<<-EOT\n      \n    a\n  \n  EOT\n', '      \na\n  \n'],
    ['<<-EOT\n  EOT\n', ''],
    ['<<EOT\n  EOT \n', ''],
    ['<<EOT\na\r\nEOT\n', 'a\r\n'],
    ['"${1}${"a"}"', '1a'],
    ['"%{ for x in [1,2] }${x},%{ endfor }"', '1,2,'],
    ['<<-EOT\n    \u00e9\n   \u00a0x\n  EOT\n', '\u00e9\nx\n'],
    ['<<EOT\n%{ for x in ["a","b"] ~}\n${x}\n%{ endfor ~}\nEOT\n', 'a\nb\n'],
    ['"x ${~ 1 ~} ${~ 2 ~} y"', 'x12y'],
    ['<<-EOT\n    a\n    %{~ if true }\n      b\n    %{~ endif }\n  EOT\n', '    a\n\n      b\n\n'],
    ['"\\u00e9\\u0065\\u0301"', '\u00e9\u00e9'],
  ])('%j', (text, want) => {
    expect(templateText(text)).toBe(want)
  })
})
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: configuration, not JavaScript.

/** Whether the original (HCL compiled to JavaScript) takes it, too. */
describe('line ends, comments and heredoc markers', () => {
  test.each([
    ['a = <<E\nx\ry\nE\n', false],
    ['a = <<E\r\nx\r\nE\r\n', true],
    ['a = "x\ry"\n', false],
    ['a = 1 # x\ry\nb = 2\n', true],
    ['a = <<E \nE\n', false],
    ['a = <<E-1\nx\nE-1\n', true],
    ['a = <<E\n\u00a0E\u00a0\n', true],
    ['a = <<E\nx E\nE\n', true],
    ['a = <<E\nx\nE', false],
    ['a = /* x\n */ 1\n', true],
    ['a = 1 /* y\n */ b = 2\n', false],
    ['b /*x*/ "c" { /*\n*/ }\n', true],
    ['\ufeffa = 1\n', true],
    ['a = \ufeff1\n', false],
    ['# x', true],
  ])('%j', (text, accept) => {
    const diags = new Diagnostics()
    parseHcl(new Source('test', text), diags)
    expect(!diags.hasErrors).toBe(accept)
  })
})
