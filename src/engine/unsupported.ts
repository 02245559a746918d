import type { Config, Provisioner } from '../config/index.ts'
import type { Diagnostics } from '../diags/index.ts'
import type { ProvisionerRuntime } from './input.ts'

/** Says of every part of the language that the engine does not do yet that it does not, rather than leaving it out in silence. */
export function reportUnsupported(config: Config, provisioners: ProvisionerRuntime | undefined, diags: Diagnostics): void {
  const { module } = config
  const report = (what: string, detail: string, subject: Parameters<Diagnostics['error']>[2]): void => {
    diags.error(`${what} are not supported yet`, `Landform does not support ${detail} yet.`, subject)
  }
  const checkProvisioner = ({ type, range }: Provisioner): void => {
    if (provisioners === undefined) report('Provisioners', `the provisioner "${type}"`, { subject: range })
    else if (provisioners.schemaOf(type) === undefined) {
      diags.error(
        'Missing required provisioner plugin',
        `This configuration requires provisioner plugin "${type}", which isn't available. Landform has the provisioners file, local-exec and remote-exec, and does not run provisioner plugins (terraform-provisioner-${type}). What they do can usually be done by a script that one of these runs.`,
        { subject: range },
      )
    }
  }
  for (const resource of module.resources.values()) {
    for (const provisioner of resource.provisioners) checkProvisioner(provisioner)
  }
  for (const removed of module.removed) {
    for (const provisioner of removed.provisioners) checkProvisioner(provisioner)
  }
  for (const child of config.children.values()) reportUnsupported(child, provisioners, diags)
}
