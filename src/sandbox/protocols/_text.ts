import { AwsError } from '../kernel/errors.ts'
import type { Shape, TimestampFormat, WireValue } from './shape.ts'

/**
 * A simple value as it stands in a form, in XML or in a header. `where` names the parameter in the error.
 *
 * @throws AwsError when the text is not of the shape
 */
export function simpleFromText(text: string, shape: Shape, where: string): WireValue {
  switch (shape.kind) {
    case 'number': {
      const value = Number(text)
      if (text.trim() === '' || Number.isNaN(value)) throw invalid(text, where, 'integer')
      return value
    }
    case 'boolean':
      if (text === 'true' || text === 'True' || text === '1') return true
      if (text === 'false' || text === 'False' || text === '0') return false
      throw invalid(text, where, 'boolean')
    case 'timestamp': {
      const value = /^\d+(\.\d+)?$/.test(text) ? new Date(Number(text) * 1000) : new Date(text)
      if (Number.isNaN(value.getTime())) throw invalid(text, where, 'date')
      return value
    }
    case 'blob':
      return new Uint8Array(Buffer.from(text, 'base64'))
    default:
      return text
  }
}

function invalid(text: string, where: string, type: string): AwsError {
  return new AwsError('InvalidParameterValue', `Value (${text}) for parameter ${where} is invalid. The value must be of type ${type}.`)
}

export function simpleToText(value: WireValue, shape: Shape, format: TimestampFormat = 'dateTime'): string {
  if (value instanceof Date) {
    const wanted = shape.kind === 'timestamp' && shape.format !== 'default' ? shape.format : format
    return timestampToText(value, wanted)
  }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return String(value)
}

export function timestampToText(value: Date, format: TimestampFormat): string {
  switch (format) {
    case 'httpDate':
      return value.toUTCString()
    case 'epoch':
      return String(value.getTime() / 1000)
    default:
      return value.toISOString()
  }
}
