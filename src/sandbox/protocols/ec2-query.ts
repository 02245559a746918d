import { AwsError } from '../kernel/errors.ts'
import { type FormDialect, formOf, readForm } from './_form.ts'
import { writeMembers } from './_xml-shapes.ts'
import type { Protocol } from './protocol.ts'
import { escapeXml, XML_HEADER } from './xml.ts'

const dialect: FormDialect = {
  memberName: ({ name, traits }) => traits.ec2QueryName ?? upperFirst(traits.xmlName ?? name),
  listNode: (node) => (node.children.size === 0 ? undefined : node),
  strict: true,
  missing: (path) => new AwsError('MissingParameter', `The request must contain the parameter ${path}`),
}

function upperFirst(text: string): string {
  return text === '' ? text : text[0]!.toUpperCase() + text.slice(1)
}

/**
 * The protocol of EC2: forms in, lists always flat; documents without a result element out.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html
 */
export const ec2Query: Protocol = {
  decode(request, model) {
    const form = formOf(request)
    const action = form.get('Action')
    if (action === null) throw new AwsError('MissingAction', 'The request is missing an action or a required parameter')
    const operation = model.operation(action)
    if (operation === undefined) throw new AwsError('InvalidAction', `The action ${action} is not valid for this web service.`)
    return { operation, input: readForm(form, operation.input, dialect) }
  },
  encode(output, operation, facts, requestId) {
    const name = `${operation.name}Response`
    const body = `${XML_HEADER}<${name} xmlns="${facts.xmlNamespace}"><requestId>${requestId}</requestId>${writeMembers(output, operation.output)}</${name}>`
    return { status: 200, headers: { 'content-type': 'text/xml;charset=UTF-8' }, body }
  },
  encodeError(error, _facts, requestId) {
    const body = `${XML_HEADER}<Response><Errors><Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`
    return { status: error.status, headers: { 'content-type': 'text/xml;charset=UTF-8', ...error.headers }, body }
  },
}
