export { hubKey, type LoadService, type Organization, seedOrganization } from './organization.ts'
