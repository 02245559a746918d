import type { Diagnostic } from '../../diags/index.ts'
import type { FileOutcome, RunOutcome, SuiteOutcome } from '../../testing/index.ts'
import type { BlockAround } from './diagnostic-snippet.ts'
import { arrangeDiagnostics, diagnosticText } from './diagnostic-text.ts'
import { plainPalette } from './palette.ts'

/** Results of a test suite as JUnit XML: a test suite for each file, a test case for each run. */
export function junitXml({ files }: SuiteOutcome, blockAround: BlockAround | undefined): string {
  return `<?xml version="1.0" encoding="UTF-8"?><testsuites>${files.length > 0 ? '\n' : ''}${files.map((file) => fileXml(file, blockAround)).join('')}</testsuites>`
}

function fileXml({ file, runs }: FileOutcome, blockAround: BlockAround | undefined): string {
  const count = (status: RunOutcome['status']): number => runs.filter((run) => run.status === status).length
  const counts = `tests="${runs.length}" skipped="${count('skip')}" failures="${count('fail')}" errors="${count('error')}"`
  const failed = runs.find((run) => run.status === 'error')
  const cases = runs.map((run) => caseXml(file.name, run, failed, blockAround)).join('')
  return `  <testsuite name="${escapeXml(file.name)}" ${counts}>${cases === '' ? '' : `\n${cases}  `}</testsuite>\n`
}

function caseXml(file: string, outcome: RunOutcome, failed: RunOutcome | undefined, blockAround: BlockAround | undefined): string {
  const { run, status, diags, startedAt, elapsedMs, failedAsserts } = outcome
  const names = `name="${escapeXml(run.name)}" classname="${escapeXml(file)}"`
  const at = startedAt.toISOString().replace(/\.\d+Z$/, 'Z')
  const times = status === 'skip' ? '' : ` time="${(elapsedMs / 1000).toFixed(9)}" timestamp="${at}"`
  const texts = (severity: Diagnostic['severity']): string =>
    textsOf(
      diags.filter((d) => d.severity === severity),
      blockAround,
    )
  const child = ((): string => {
    switch (status) {
      case 'pass':
        return ''
      case 'fail': {
        const first = diags.find((d) => d.severity === 'error')?.detail ?? ''
        const which = failedAsserts > 1 ? ', including' : ''
        return element('failure', `${failedAsserts} of ${run.asserts.length} assertions failed${which}: ${first}`, texts('error'))
      }
      case 'error':
        return element('error', 'Encountered an error', texts('error'))
      case 'skip': {
        const why =
          failed === undefined
            ? 'The tests were interrupted'
            : `Previous testcase "${failed.run.name}" ended in error, which caused the remaining tests in the file to be skipped`
        return element(
          'skipped',
          failed === undefined ? 'Testcase skipped due to an interrupt' : 'Testcase skipped due to a previous testcase error',
          why,
        )
      }
    }
  })()
  const warnings = texts('warning')
  const output = warnings === '' ? '' : `\n      <system-err>${cdata(warnings)}</system-err>`
  const inner = child + output
  return `    <testcase ${names}${times}>${inner}${inner === '' ? '' : '\n    '}</testcase>\n`
}

function element(name: string, message: string, text: string): string {
  return `\n      <${name} message="${escapeXml(message)}">${cdata(text)}</${name}>`
}

function textsOf(diags: readonly Diagnostic[], blockAround: BlockAround | undefined): string {
  // Each of them: nobody looks elsewhere in a report.
  return arrangeDiagnostics(diags.map((d) => ({ ...d, separate: true })))
    .map((d) => diagnosticText(d, { palette: plainPalette, width: 79, boxed: false, blockAround }))
    .join('')
}

function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
}

/** Control characters have no place in XML 1.0, however they are written. */
function escapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&#34;',
    "'": '&#39;',
    '\n': '&#xA;',
    '\t': '&#x9;',
    '\r': '&#xD;',
  }
  return [...text].map((c) => named[c] ?? (c < ' ' ? '\uFFFD' : c)).join('')
}
