import { createHash } from 'node:crypto'
import { stringType } from '../../cty/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { givenKey, keyArguments, nameArguments, texts } from './_cert-arguments.ts'
import { makeRequest } from './_certificate.ts'
import { subjectAltName } from './_extensions.ts'
import type { Flavour } from './_flavour.ts'
import { algorithmOf, parsePrivateKey } from './_keys.ts'
import { nameOf, subjectBlock } from './_names.ts'
import type { TlsApi } from './index.ts'

const computed = { type: stringType, computed: true, stable: true }

/** `tls_cert_request`: asks an authority for a certificate. */
export function certRequest(flavour: Flavour): SimpleResource<TlsApi> {
  return {
    attributes: {
      ...keyArguments('private_key_pem', flavour),
      ...nameArguments,
      cert_request_pem: computed,
      key_algorithm: computed,
      id: computed,
    },
    blocks: { subject: subjectBlock(flavour.emailAddress) },
    create(planned, { config }) {
      const key = parsePrivateKey(...givenKey('private_key_pem', planned, config))
      const names = { dns: texts(planned.dns_names), ips: texts(planned.ip_addresses), uris: texts(planned.uris) }
      const pem = makeRequest(nameOf(planned.subject!), key, subjectAltName(names, false))
      return { cert_request_pem: pem, key_algorithm: algorithmOf(key), id: createHash('sha1').update(pem).digest('hex') }
    },
  }
}
