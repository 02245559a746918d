import { stringType } from '../../cty/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import { certArguments, nameArguments, planRenewal, readRenewal, texts, validity } from './_cert-arguments.ts'
import { keyIdOf, makeCertificate } from './_certificate.ts'
import { authorityKeyId, basicConstraints, subjectAltName, subjectKeyId, useExtensions } from './_extensions.ts'
import { algorithmOf, parsePrivateKey, publicKeyDer } from './_keys.ts'
import { nameOf, subjectBlock } from './_names.ts'
import type { TlsApi } from './index.ts'

/** `tls_self_signed_cert`: a certificate that is its own authority. */
export const selfSignedCert: SimpleResource<TlsApi> = {
  attributes: {
    private_key_pem: { type: stringType, required: true, sensitive: true, forceNew: true },
    ...nameArguments,
    ...certArguments,
    key_algorithm: { type: stringType, computed: true, stable: true },
  },
  blocks: { subject: subjectBlock },
  plan: planRenewal,
  create(planned, { api }) {
    const key = parsePrivateKey(planned.private_key_pem as string, 'private_key_pem')
    const { from, until, attributes } = validity(planned, api.now())
    const publicKey = publicKeyDer(key)
    const subject = nameOf(planned.subject!)
    const keyId = keyIdOf(publicKey)
    const isCa = planned.is_ca_certificate === true
    const names = { dns: texts(planned.dns_names), ips: texts(planned.ip_addresses), uris: texts(planned.uris) }
    const altName = subjectAltName(names, subject.length === 2)
    const extensions = [
      ...useExtensions(texts(planned.allowed_uses)),
      basicConstraints(isCa),
      // Go gives one to every authority.
      ...(planned.set_subject_key_id === true || isCa ? [subjectKeyId(keyId)] : []),
      ...(planned.set_authority_key_id === true ? [authorityKeyId(keyId)] : []),
      ...(altName === undefined ? [] : [altName]),
    ]
    const { pem, serial } = makeCertificate({ issuer: subject, subject, publicKey, from, until, extensions, signer: key })
    return { cert_pem: pem, id: serial, key_algorithm: algorithmOf(key), ...attributes }
  },
  read: readRenewal,
}
