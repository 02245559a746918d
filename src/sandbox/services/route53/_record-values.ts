import { isIPv4, isIPv6 } from 'node:net'

/** What is wrong with the value of a record of this type, in Route 53's words; undefined when nothing is. */
export function valueProblem(type: string, value: string): string | undefined {
  const fatal = (code: string, text: string, what = value) =>
    `Invalid Resource Record: 'FATAL problem: ${code} (${text}) encountered with '${what}''`
  switch (type) {
    case 'A':
      return isIPv4(value) ? undefined : fatal('ARRDATAIllegalIPv4Address', 'Value is not a valid IPv4 address')
    case 'AAAA':
      return isIPv6(value) ? undefined : fatal('AAAARRDATAIllegalIPv6Address', 'Value is not a valid IPv6 address')
    case 'CNAME':
      return isDomainName(value) ? undefined : fatal('DomainLabelEmpty', 'Domain label is empty')
    case 'NS':
    case 'PTR':
      return isDomainName(value) ? undefined : fatal('DomainLabelEmpty', 'Domain label is empty')
    case 'MX': {
      const parts = value.trim().split(/\s+/)
      if (parts.length !== 2) return fatal('MXRRDATANotTwoFields', "MX record doesn't have 2 fields")
      return isUint16(parts[0]!) && isDomainName(parts[1]!)
        ? undefined
        : fatal('MXRRDATAInvalidPriority', 'Priority is not a 16-bit integer', parts[0])
    }
    case 'SRV': {
      const parts = value.trim().split(/\s+/)
      if (parts.length !== 4) return fatal('SRVRRDATANotFourFields', "SRV record doesn't have 4 fields")
      return parts.slice(0, 3).every(isUint16) ? undefined : fatal('SRVRRDATAInvalidNumber', 'Value is not a 16-bit integer')
    }
    case 'CAA':
      return /^(\d{1,3}) [a-zA-Z0-9]+ "[^"]*"$/.test(value)
        ? undefined
        : fatal('CAARRDATAInvalidFormat', 'Value should be flags, tag and value')
    case 'TXT':
    case 'SPF':
      return textProblem(value, fatal)
    default:
      return value === '' ? fatal('EmptyValue', 'Value is empty') : undefined
  }
}

/** One or more strings in quotation marks of up to 255 characters each, in which `\` takes the next character. */
function textProblem(value: string, fatal: (code: string, text: string, what?: string) => string): string | undefined {
  const strings = [...value.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)]
  const rest = value.replace(/"(?:[^"\\]|\\[\s\S])*"/g, '').trim()
  if (strings.length === 0 || rest !== '') return fatal('InvalidCharacterString', 'Value should be enclosed in quotation marks')
  const long = strings.find(([, text]) => text!.replace(/\\([0-7]{3}|[\s\S])/g, '.').length > 255)
  return long === undefined ? undefined : fatal('CharacterStringTooLong', 'Value is too long', long[0])
}

function isDomainName(text: string): boolean {
  return (
    text === '.' ||
    (text.length <= 256 &&
      text
        .replace(/\.$/, '')
        .split('.')
        .every((label) => label.length >= 1 && label.length <= 63 && !/\s/.test(label)))
  )
}

function isUint16(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) < 65_536
}
