import { stringType } from '../../cty/index.ts'
import { Failure, type SimpleResource } from '../../providers/simple/index.ts'
import { certArguments, givenKey, keyArguments, pathLength, planRenewal, readRenewal, texts, validity } from './_cert-arguments.ts'
import { keyIdOf, makeCertificate, readAuthority, readRequest, requestedNames } from './_certificate.ts'
import { authorityKeyId, basicConstraints, subjectKeyId, useExtensions } from './_extensions.ts'
import type { Flavour } from './_flavour.ts'
import { algorithmOf, parsePrivateKey } from './_keys.ts'
import type { TlsApi } from './index.ts'

/** `tls_locally_signed_cert`: a certificate for a request, signed by an authority whose key is given. */
export function locallySignedCert(flavour: Flavour): SimpleResource<TlsApi> {
  return {
    attributes: {
      ca_cert_pem: { type: stringType, required: true, forceNew: true },
      ...keyArguments('ca_private_key_pem', flavour),
      cert_request_pem: { type: stringType, required: true, forceNew: true },
      ...certArguments(flavour),
      ca_key_algorithm: { type: stringType, computed: true, stable: true },
    },
    plan: planRenewal,
    create(planned, { api, config }) {
      const request = readRequest(planned.cert_request_pem as string, 'cert_request_pem')
      const [text, argument] = givenKey('ca_private_key_pem', planned, config)
      const signer = parsePrivateKey(text, argument)
      const authority = readAuthority(planned.ca_cert_pem as string, 'ca_cert_pem')
      if (!authority.certificate.checkPrivateKey(signer)) {
        throw new Failure('Key of another authority', `The key in "${argument}" is not that of the certificate in "ca_cert_pem".`, argument)
      }
      const { from, until, attributes } = validity(planned, api.now())
      const isCa = planned.is_ca_certificate === true
      const extensions = [
        ...useExtensions(texts(planned.allowed_uses)),
        basicConstraints(isCa, pathLength(planned)),
        ...(planned.set_subject_key_id === true || isCa ? [subjectKeyId(keyIdOf(request.publicKey))] : []),
        ...(authority.keyId === undefined ? [] : [authorityKeyId(authority.keyId)]),
        ...(request.altName === undefined ? [] : [requestedNames(request.altName, request.subject.length === 2)]),
      ]
      const { pem, serial } = makeCertificate({
        issuer: authority.subject,
        subject: request.subject,
        publicKey: request.publicKey,
        from,
        until,
        extensions,
        signer,
      })
      return { cert_pem: pem, id: serial, ca_key_algorithm: algorithmOf(signer), ...attributes }
    },
    read: readRenewal,
  }
}
