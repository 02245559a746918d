import { AwsError } from '../kernel/errors.ts'
import { type FormDialect, formOf, readForm } from './_form.ts'
import { writeMembers } from './_xml-shapes.ts'
import type { Protocol } from './protocol.ts'
import { escapeXml, XML_HEADER } from './xml.ts'

const dialect: FormDialect = {
  memberName: ({ name, traits }) => traits.xmlName ?? name,
  listNode: (node, member, shape) => {
    if (node.children.size === 0) return undefined
    return member.traits.xmlFlattened === true ? node : (node.children.get(shape.member.traits.xmlName ?? 'member') ?? node)
  },
  strict: false,
  missing: (path) =>
    new AwsError(
      'ValidationError',
      `1 validation error detected: Value null at '${lowerFirst(path)}' failed to satisfy constraint: Member must not be null`,
    ),
}

function lowerFirst(text: string): string {
  return text === '' ? text : text[0]!.toLowerCase() + text.slice(1)
}

/**
 * The query protocol of STS, IAM, RDS, ELB and Auto Scaling.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export const awsQuery: Protocol = {
  decode(request, model, facts) {
    const form = formOf(request)
    const action = form.get('Action')
    if (action === null) throw new AwsError('MissingAction', 'Missing Action')
    const operation = model.operation(action)
    if (operation === undefined)
      throw new AwsError('InvalidAction', `Could not find operation ${action} for version ${form.get('Version') ?? facts.version}`)
    return { operation, input: readForm(form, operation.input, dialect) }
  },
  encode(output, operation, facts, requestId) {
    const name = operation.name
    // Clients look for the element also where a result has no members.
    const members = operation.output.name === 'Unit' ? '' : `<${name}Result>${writeMembers(output, operation.output)}</${name}Result>`
    const body = `${XML_HEADER}<${name}Response xmlns="${facts.xmlNamespace}">${members}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`
    return { status: 200, headers: { 'content-type': 'text/xml' }, body }
  },
  encodeError(error, facts, requestId) {
    const type = error.status >= 500 ? 'Receiver' : 'Sender'
    const body = `${XML_HEADER}<ErrorResponse xmlns="${facts.xmlNamespace}"><Error><Type>${type}</Type><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
    return { status: error.status, headers: { 'content-type': 'text/xml', ...error.headers }, body }
  },
}
