import { stringType } from '../../cty/index.ts'
import type { SimpleResource } from '../../providers/simple/index.ts'
import {
  authorityKeyArgument,
  certArguments,
  givenKey,
  keyArguments,
  nameArguments,
  pathLength,
  planRenewal,
  readRenewal,
  texts,
  validity,
} from './_cert-arguments.ts'
import { keyIdOf, makeCertificate } from './_certificate.ts'
import { authorityKeyId, basicConstraints, subjectAltName, subjectKeyId, useExtensions } from './_extensions.ts'
import type { Flavour } from './_flavour.ts'
import { algorithmOf, parsePrivateKey, publicKeyDer } from './_keys.ts'
import { nameOf, subjectBlock } from './_names.ts'
import type { TlsApi } from './index.ts'

/** `tls_self_signed_cert`: a certificate that is its own authority. */
export function selfSignedCert(flavour: Flavour): SimpleResource<TlsApi> {
  return {
    attributes: {
      ...keyArguments('private_key_pem', flavour),
      ...nameArguments,
      ...certArguments(flavour),
      ...authorityKeyArgument,
      key_algorithm: { type: stringType, computed: true, stable: true },
    },
    blocks: { subject: subjectBlock(flavour.emailAddress) },
    plan: planRenewal,
    create(planned, { api, config }) {
      const key = parsePrivateKey(...givenKey('private_key_pem', planned, config))
      const { from, until, attributes } = validity(planned, api.now())
      const publicKey = publicKeyDer(key)
      const subject = nameOf(planned.subject!)
      const keyId = keyIdOf(publicKey)
      const isCa = planned.is_ca_certificate === true
      const names = { dns: texts(planned.dns_names), ips: texts(planned.ip_addresses), uris: texts(planned.uris) }
      const altName = subjectAltName(names, subject.length === 2)
      const extensions = [
        ...useExtensions(texts(planned.allowed_uses)),
        basicConstraints(isCa, pathLength(planned)),
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
}
