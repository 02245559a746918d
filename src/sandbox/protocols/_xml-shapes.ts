import { AwsError } from '../kernel/errors.ts'
import { simpleFromText, simpleToText } from './_text.ts'
import type { Member, Shape, StructureShape, WireObject, WireValue } from './shape.ts'
import { escapeXml, type XmlElement } from './xml.ts'

/** The children of a structure's element. Members whose value is undefined or null are left out. */
export function writeMembers(value: WireObject, shape: StructureShape, skip: (member: Member) => boolean = () => false): string {
  let text = ''
  for (const member of shape.members) {
    const given = value[member.name]
    if (given === undefined || given === null || member.traits.xmlAttribute === true || skip(member)) continue
    text += writeMember(given, member)
  }
  return text
}

function writeMember(value: WireValue, member: Member): string {
  const { shape, traits } = member
  const name = traits.xmlName ?? member.name
  if (shape.kind === 'list' && traits.xmlFlattened === true)
    return (value as readonly WireValue[]).map((item) => writeElement(name, item, shape.member.shape)).join('')
  if (shape.kind === 'map' && traits.xmlFlattened === true)
    return Object.entries(value as WireObject)
      .map(([key, item]) => `<${name}>${writeEntry(key, item, shape)}</${name}>`)
      .join('')
  return writeElement(name, value, shape, traits.xmlNamespace)
}

/** One element of the given name that holds the value. */
export function writeElement(name: string, value: WireValue, shape: Shape, namespace?: readonly [string, string]): string {
  switch (shape.kind) {
    case 'structure': {
      const object = value as WireObject
      let attributes = namespace === undefined ? '' : namespaceAttribute(namespace)
      for (const member of shape.members) {
        const given = object[member.name]
        if (member.traits.xmlAttribute !== true || given === undefined || given === null) continue
        if (member.traits.xmlName?.startsWith('xsi:')) attributes += ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        attributes += ` ${member.traits.xmlName ?? member.name}="${escapeXml(String(given))}"`
      }
      return `<${name}${attributes}>${writeMembers(object, shape)}</${name}>`
    }
    case 'list': {
      const item = shape.member.traits.xmlName ?? 'member'
      return `<${name}>${(value as readonly WireValue[]).map((v) => writeElement(item, v, shape.member.shape)).join('')}</${name}>`
    }
    case 'map':
      return `<${name}>${Object.entries(value as WireObject)
        .map(([key, v]) => `<entry>${writeEntry(key, v, shape)}</entry>`)
        .join('')}</${name}>`
    default:
      return `<${name}>${escapeXml(simpleToText(value, shape))}</${name}>`
  }
}

function namespaceAttribute([prefix, address]: readonly [string, string]): string {
  return prefix === '' ? ` xmlns="${address}"` : ` xmlns:${prefix}="${address}"`
}

function writeEntry(key: string, value: WireValue, shape: Extract<Shape, { kind: 'map' }>): string {
  return (
    writeElement(shape.key.traits.xmlName ?? 'key', key, shape.key.shape) +
    writeElement(shape.value.traits.xmlName ?? 'value', value, shape.value.shape)
  )
}

/** The value that an element holds. Elements that the shape does not know are ignored, as AWS does in documents. */
export function readElement(element: XmlElement, shape: Shape): WireValue {
  switch (shape.kind) {
    case 'structure':
      return readMembers(element, shape)
    case 'list':
      return element.children.map((child) => readElement(child, shape.member.shape))
    case 'map':
      return Object.fromEntries(element.children.map((child) => readEntry(child, shape)))
    default:
      return simpleValue(element.text, shape)
  }
}

export function readMembers(element: XmlElement, shape: StructureShape): WireObject {
  const result: WireObject = {}
  for (const member of shape.members) {
    const name = member.traits.xmlName ?? member.name
    if (member.traits.xmlAttribute === true) {
      const value = element.attributes.get(name)
      if (value !== undefined) result[member.name] = value
      continue
    }
    const children = element.children.filter((child) => localName(child.name) === localName(name))
    if (children.length === 0) continue
    const target = member.shape
    if (target.kind === 'list' && member.traits.xmlFlattened === true) {
      result[member.name] = children.map((child) => readElement(child, target.member.shape))
    } else if (target.kind === 'map' && member.traits.xmlFlattened === true) {
      result[member.name] = Object.fromEntries(children.map((child) => readEntry(child, target)))
    } else {
      result[member.name] = readElement(children[0]!, target)
    }
  }
  return result
}

function readEntry(element: XmlElement, shape: Extract<Shape, { kind: 'map' }>): [string, WireValue] {
  const find = (name: string) => element.children.find((child) => localName(child.name) === name)
  const key = find(shape.key.traits.xmlName ?? 'key')
  const value = find(shape.value.traits.xmlName ?? 'value')
  return [key?.text ?? '', value === undefined ? '' : readElement(value, shape.value.shape)]
}

function simpleValue(text: string, shape: Shape): WireValue {
  try {
    return simpleFromText(shape.kind === 'string' ? text : text.trim(), shape, '')
  } catch {
    throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate against our published schema', 400)
  }
}

function localName(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? name : name.slice(colon + 1)
}
