import { describe, expect, test } from 'vitest'
import { archiveProvider } from '../../src/builtin/archive/index.ts'
import { externalProvider } from '../../src/builtin/external/index.ts'
import { httpProvider } from '../../src/builtin/http/index.ts'
import { localProvider } from '../../src/builtin/local/index.ts'
import { nullProvider } from '../../src/builtin/null/index.ts'
import { randomProvider } from '../../src/builtin/random/index.ts'
import { timeProvider } from '../../src/builtin/time/index.ts'
import { tlsProvider } from '../../src/builtin/tls/index.ts'
import { typeToText } from '../../src/hcl/typeexpr/index.ts'
import type { Provider } from '../../src/providers/index.ts'
import type { BlockSchema } from '../../src/schema/index.ts'

/**
 * The published documentation of the providers, https://registry.terraform.io/providers/hashicorp/NAME/VERSION/docs, with its sections
 * "Required", "Optional" and "Read-Only" as `req`, `opt` and `ro` (what is optional with a default stands under "Optional"), and the
 * words in brackets behind a type. Names without a type are strings.
 */
const documented: Readonly<Record<string, { open: () => Provider; docs: string; functions?: readonly string[] }>> = {
  null: {
    open: nullProvider,
    docs: `
      resource null_resource: opt triggers=map(string); ro id
      data null_data_source: opt inputs=map(string), has_computed_default; ro id=string!deprecated, outputs=map(string), random`,
  },
  random: {
    open: () => randomProvider({ version: '3.9.1' }),
    docs: `
      resource random_bytes: req length=number; opt keepers=map(string); ro base64=string!sensitive, hex=string!sensitive
      resource random_id: req byte_length=number; opt keepers=map(string), prefix; ro b64_std, b64_url, dec, hex, id
      resource random_integer: req max=number, min=number; opt keepers=map(string), seed; ro id, result=number
      resource random_password: req length=number; opt keepers=map(string), lower=bool, min_lower=number, min_numeric=number,
        min_special=number, min_upper=number, number=bool!deprecated, numeric=bool, override_special, special=bool, upper=bool;
        ro bcrypt_hash=string!sensitive, id, result=string!sensitive
      resource random_pet: opt keepers=map(string), length=number, prefix, separator; ro id
      resource random_shuffle: req input=list(string); opt keepers=map(string), result_count=number, seed; ro id, result=list(string)
      resource random_string: req length=number; opt keepers=map(string), lower=bool, min_lower=number, min_numeric=number,
        min_special=number, min_upper=number, number=bool!deprecated, numeric=bool, override_special, special=bool, upper=bool; ro id, result
      resource random_uuid: opt keepers=map(string); ro id, result
      resource random_uuid4: opt keepers=map(string); ro id, result
      resource random_uuid7: opt keepers=map(string); ro id, result
      ephemeral random_bytes: req length=number; ro base64=string!sensitive, hex=string!sensitive
      ephemeral random_password: req length=number; opt lower=bool, min_lower=number, min_numeric=number, min_special=number,
        min_upper=number, numeric=bool, override_special, special=bool, upper=bool; ro bcrypt_hash=string!sensitive, result=string!sensitive`,
  },
  local: {
    open: () => localProvider({ version: '2.9.0' }),
    docs: `
      resource local_file: req filename; opt content, content_base64, directory_permission, file_permission,
        sensitive_content=string!sensitive!deprecated, source;
        ro content_base64sha256, content_base64sha512, content_md5, content_sha1, content_sha256, content_sha512, id
      resource local_sensitive_file: req filename; opt content=string!sensitive, content_base64=string!sensitive, directory_permission,
        file_permission, source; ro content_base64sha256, content_base64sha512, content_md5, content_sha1, content_sha256, content_sha512, id
      data local_command: req command; opt allow_non_zero_exit_code=bool, arguments=list(string), stdin, working_directory;
        ro exit_code=number, stderr, stdout
      data local_file: req filename; ro content, content_base64, content_base64sha256, content_base64sha512, content_md5, content_sha1,
        content_sha256, content_sha512, id
      data local_sensitive_file: req filename; ro content=string!sensitive, content_base64=string!sensitive, content_base64sha256,
        content_base64sha512, content_md5, content_sha1, content_sha256, content_sha512, id
      ephemeral local_command: req command; opt allow_non_zero_exit_code=bool, arguments=list(string), stdin, working_directory;
        ro exit_code=number, stderr, stdout`,
    functions: ['direxists(path string) bool'],
  },
  time: {
    open: () => timeProvider({ version: '0.14.0' }),
    docs: `
      resource time_offset: opt base_rfc3339, offset_days=number, offset_hours=number, offset_minutes=number, offset_months=number,
        offset_seconds=number, offset_years=number, triggers=map(string);
        ro day=number, hour=number, id, minute=number, month=number, rfc3339, second=number, unix=number, year=number
      resource time_rotating: opt rfc3339, rotation_days=number, rotation_hours=number, rotation_minutes=number, rotation_months=number,
        rotation_rfc3339, rotation_years=number, triggers=map(string);
        ro day=number, hour=number, id, minute=number, month=number, second=number, unix=number, year=number
      resource time_sleep: opt create_duration, destroy_duration, triggers=map(string); ro id
      resource time_static: opt rfc3339, triggers=map(string);
        ro day=number, hour=number, id, minute=number, month=number, second=number, unix=number, year=number`,
    functions: [
      'duration_parse(duration string) object',
      'rfc3339_parse(timestamp string) object',
      'unix_timestamp_parse(unix_timestamp number) object',
    ],
  },
  tls: {
    open: () => tlsProvider({ version: '4.4.1' }),
    docs: `
      provider: block proxy list
      provider proxy: opt from_env=bool, password=string!sensitive, url, username
      resource tls_cert_request: opt dns_names=list(string), ip_addresses=list(string), private_key_pem=string!sensitive,
        private_key_pem_wo=string!sensitive!write-only, private_key_pem_wo_version=number, uris=list(string);
        ro cert_request_pem, id, key_algorithm; block subject list
      resource tls_cert_request subject: opt common_name, country, email_address, locality, organization, organizational_unit, postal_code,
        province, serial_number, street_address=list(string)
      resource tls_locally_signed_cert: req allowed_uses=list(string), ca_cert_pem, cert_request_pem, validity_period_hours=number;
        opt ca_private_key_pem=string!sensitive, ca_private_key_pem_wo=string!sensitive!write-only, ca_private_key_pem_wo_version=number,
        early_renewal_hours=number, is_ca_certificate=bool, max_path_length=number, set_subject_key_id=bool;
        ro ca_key_algorithm, cert_pem, id, ready_for_renewal=bool, validity_end_time, validity_start_time
      resource tls_private_key: req algorithm; opt ecdsa_curve, rsa_bits=number; ro id, private_key_openssh=string!sensitive,
        private_key_pem=string!sensitive, private_key_pem_pkcs8=string!sensitive, public_key_fingerprint_md5,
        public_key_fingerprint_sha256, public_key_openssh, public_key_pem
      resource tls_self_signed_cert: req allowed_uses=list(string), validity_period_hours=number; opt dns_names=list(string),
        early_renewal_hours=number, ip_addresses=list(string), is_ca_certificate=bool, max_path_length=number,
        private_key_pem=string!sensitive, private_key_pem_wo=string!sensitive!write-only, private_key_pem_wo_version=number,
        set_authority_key_id=bool, set_subject_key_id=bool, uris=list(string);
        ro cert_pem, id, key_algorithm, ready_for_renewal=bool, validity_end_time, validity_start_time; block subject list
      resource tls_self_signed_cert subject: opt common_name, country, email_address, locality, organization, organizational_unit,
        postal_code, province, serial_number, street_address=list(string)
      data tls_certificate: opt content=string!sensitive, url, verify_chain=bool; ro id,
        certificates=list(object({cert_pem=string,is_ca=bool,issuer=string,max_path_length=number,not_after=string,not_before=string,public_key_algorithm=string,serial_number=string,sha1_fingerprint=string,signature_algorithm=string,subject=string,version=number}))
      data tls_public_key: opt private_key_openssh=string!sensitive, private_key_pem=string!sensitive; ro algorithm, id,
        public_key_fingerprint_md5, public_key_fingerprint_sha256, public_key_openssh, public_key_pem
      ephemeral tls_private_key: req algorithm; opt ecdsa_curve, rsa_bits=number; ro private_key_openssh=string!sensitive,
        private_key_pem=string!sensitive, private_key_pem_pkcs8=string!sensitive, public_key_fingerprint_md5,
        public_key_fingerprint_sha256, public_key_openssh, public_key_pem
      ephemeral tls_public_key: opt private_key_openssh=string!sensitive, private_key_pem=string!sensitive; ro algorithm, id,
        public_key_fingerprint_md5, public_key_fingerprint_sha256, public_key_openssh, public_key_pem`,
  },
  http: {
    open: httpProvider,
    docs: `
      data http: req url; opt ca_cert_pem, client_cert_pem, client_key_pem, insecure=bool, method, request_body,
        request_headers=map(string), request_timeout_ms=number;
        ro body=string!deprecated, id, response_body, response_body_base64, response_headers=map(string), status_code=number;
        block retry single
      data http retry: opt attempts=number, max_delay_ms=number, min_delay_ms=number`,
  },
  external: {
    open: externalProvider,
    docs: 'data external: req program=list(string); opt query=map(string), working_dir; ro id, result=map(string)',
  },
  archive: {
    open: archiveProvider,
    docs: ['resource', 'data']
      .map(
        (kind) => `
      ${kind} archive_file: req output_path, type; opt exclude_symlink_directories=bool, excludes=set(string), output_file_mode,
        source_content, source_content_filename, source_dir, source_file;
        ro id, output_base64sha256, output_base64sha512, output_md5, output_sha, output_sha256, output_sha512, output_size=number;
        block source set
      ${kind} archive_file source: req content, filename`,
      )
      .join(''),
  },
}

/** Rows of one type, such as `opt name=string!sensitive`, in an order of their own. */
function documentedRows(docs: string): Map<string, string[]> {
  const types = docs.trim().split(/\n(?= *(?:provider|resource|data|ephemeral)\b)/)
  return new Map(
    types.map((text) => {
      const [, name, body] = /^\s*([^:]+): (.*)$/s.exec(text)!
      const rows = body!.split(/;\s*/).flatMap((section) => {
        const [, kind, list] = /^(req|opt|ro|block) (.*)$/s.exec(section.trim())!
        // Commas also stand in types.
        return list!
          .split(/,\s*(?![^(]*\))/)
          .map((entry) => (kind === 'block' ? `block ${entry}` : `${kind} ${entry.includes('=') ? entry : `${entry}=string`}`))
      })
      return [name!, rows.sort()]
    }),
  )
}

function schemaRows(title: string, block: BlockSchema): [string, string[]][] {
  const attributes = Object.entries(block.attributes).map(([name, a]) => {
    const kind = a.required ? 'req' : a.optional ? 'opt' : 'ro'
    const words = [a.sensitive && '!sensitive', a.deprecated && '!deprecated', a.writeOnly && '!write-only'].filter(Boolean).join('')
    return `${kind} ${name}=${typeToText(a.type!)}${words}`
  })
  const blocks = Object.entries(block.blockTypes)
  return [
    [title, [...attributes, ...blocks.map(([name, b]) => `block ${name} ${b.nesting}`)].sort()],
    ...blocks.flatMap(([name, b]) => schemaRows(`${title} ${name}`, b.block)),
  ]
}

describe.each(Object.entries(documented))('%s', (_, { open, docs, functions = [] }) => {
  const schema = open().schema()
  const ours = [
    ...(Object.keys(schema.provider.attributes).length + Object.keys(schema.provider.blockTypes).length === 0
      ? []
      : schemaRows('provider', schema.provider)),
    ...schema.resourceNames().flatMap((name) => schemaRows(`resource ${name}`, schema.resource(name)!.block)),
    ...schema.dataSourceNames().flatMap((name) => schemaRows(`data ${name}`, schema.dataSource(name)!.block)),
    ...(schema.ephemeralResourceNames?.() ?? []).flatMap((name) => schemaRows(`ephemeral ${name}`, schema.ephemeralResource!(name)!.block)),
  ]
  const rows = documentedRows(docs)

  test('has the documented types', () => {
    expect(ours.map(([title]) => title).sort()).toEqual([...rows.keys()].sort())
  })

  test.each(ours)('%s', (title, attributes) => {
    expect(attributes).toEqual(rows.get(title))
  })

  test('has the documented functions', () => {
    const signatures = [...(schema.functions ?? [])].map(([name, { parameters, returnType }]) => {
      const list = parameters.map((p) => `${p.name} ${typeToText(p.type)}`).join(', ')
      return `${name}(${list}) ${typeToText(returnType).replace(/\(.*/s, '')}`
    })
    expect(signatures.sort()).toEqual([...functions])
  })
})

describe('versions have what they brought', () => {
  test.each([
    ['random 3.5.1', randomProvider({ version: '3.5.1' }), [], ['random_bytes', 'random_uuid4', 'random_uuid7']],
    ['random 3.7.2', randomProvider({ version: '3.7.2' }), ['random_bytes'], ['random_uuid4', 'random_uuid7']],
    ['random 3.8.0', randomProvider({ version: '3.8.0' }), ['random_uuid4', 'random_uuid7'], []],
  ])('%s', (_, provider, has, hasNot) => {
    const names = provider.schema().resourceNames()
    expect(has.filter((name) => !names.includes(name))).toEqual([])
    expect(hasNot.filter((name) => names.includes(name))).toEqual([])
  })

  test.each([
    ['4.0.6', false, undefined, false],
    ['4.1.0', true, undefined, false],
    ['4.2.0', true, true, false],
    ['4.3.0', true, false, false],
    ['4.4.1', true, false, true],
  ])('tls %s', (version, mail, computedLength, writeOnly) => {
    const { block } = tlsProvider({ version }).schema().resource('tls_self_signed_cert')!
    expect(Object.hasOwn(block.blockTypes.subject!.block.attributes, 'email_address')).toBe(mail)
    const { max_path_length: length, private_key_pem: key } = block.attributes
    expect(length && length.computed === true).toBe(computedLength)
    expect(Object.hasOwn(block.attributes, 'private_key_pem_wo')).toBe(writeOnly)
    expect(key!.required === true).toBe(!writeOnly)
  })

  test.each([
    ['2.5.3', [], []],
    ['2.6.0', ['local_command'], []],
    ['2.9.0', ['local_command'], ['local_command']],
  ])('local %s', (version, data, ephemerals) => {
    const schema = localProvider({ version }).schema()
    expect(schema.dataSourceNames().filter((name) => name === 'local_command')).toEqual(data)
    expect(schema.ephemeralResourceNames?.() ?? []).toEqual(ephemerals)
  })

  test.each([
    ['0.10.0', []],
    ['0.12.1', ['rfc3339_parse']],
    ['0.13.0', ['duration_parse', 'rfc3339_parse', 'unix_timestamp_parse']],
  ])('time %s', (version, functions) => {
    expect([...(timeProvider({ version }).schema().functions?.keys() ?? [])].sort()).toEqual(functions)
  })
})
