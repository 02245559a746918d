import { createHash } from 'node:crypto'
import { stringType } from '../../cty/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { nameArguments, texts } from './_cert-arguments.ts'
import { makeRequest } from './_certificate.ts'
import { subjectAltName } from './_extensions.ts'
import { algorithmOf, parsePrivateKey } from './_keys.ts'
import { nameOf, subjectBlock } from './_names.ts'
import type { TlsApi } from './index.ts'

const computed = { type: stringType, computed: true, stable: true }

/** `tls_cert_request`: asks an authority for a certificate. */
export const certRequest: SimpleResource<TlsApi> = {
  attributes: {
    private_key_pem: { type: stringType, required: true, sensitive: true, forceNew: true },
    ...nameArguments,
    cert_request_pem: computed,
    key_algorithm: computed,
    id: computed,
  },
  blocks: { subject: subjectBlock },
  create(planned) {
    const key = parsePrivateKey(planned.private_key_pem as string, 'private_key_pem')
    const names = { dns: texts(planned.dns_names), ips: texts(planned.ip_addresses), uris: texts(planned.uris) }
    const pem = makeRequest(nameOf(planned.subject!), key, subjectAltName(names, false))
    return { cert_request_pem: pem, key_algorithm: algorithmOf(key), id: createHash('sha1').update(pem).digest('hex') }
  },
}
