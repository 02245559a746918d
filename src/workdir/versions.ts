/** The version of Terraform that Landform speaks: in `version`, states and JSON, and what `required_version` is held against. */
export const terraformVersion = '1.11.4'

/** Landform's own release, as in package.json. */
export const landformVersion = '0.1.0'
