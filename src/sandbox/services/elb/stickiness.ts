import type * as Elb from '@aws-sdk/client-elastic-load-balancing'
import type { Call } from '../../kernel/call.ts'
import { AwsError } from '../../kernel/errors.ts'
import { findLoadBalancer, type LoadBalancerRow, loadBalancers } from './_rows.ts'
import { noListener } from './load-balancer.ts'

/** Policies that keep a client at one instance by a cookie, and which listeners follow them. */
export const stickinessOperations = {
  CreateLBCookieStickinessPolicy(input: Elb.CreateLBCookieStickinessPolicyInput, call: Call): Elb.CreateLBCookieStickinessPolicyOutput {
    const expiration = input.CookieExpirationPeriod
    addCookie(call, input.LoadBalancerName, { name: input.PolicyName!, ...(expiration === undefined ? {} : { expiration }) })
    return {}
  },

  CreateAppCookieStickinessPolicy(input: Elb.CreateAppCookieStickinessPolicyInput, call: Call): Elb.CreateAppCookieStickinessPolicyOutput {
    addCookie(call, input.LoadBalancerName, { name: input.PolicyName!, cookie: input.CookieName! })
    return {}
  },

  SetLoadBalancerPoliciesOfListener(
    input: Elb.SetLoadBalancerPoliciesOfListenerInput,
    call: Call,
  ): Elb.SetLoadBalancerPoliciesOfListenerOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const policies = input.PolicyNames ?? []
    for (const name of policies) findCookie(row, name)
    if (!row.listeners.some(({ listener }) => listener.LoadBalancerPort === input.LoadBalancerPort))
      throw noListener(row.id, input.LoadBalancerPort!)
    loadBalancers(call).patch(row.id, {
      listeners: row.listeners.map((entry) =>
        entry.listener.LoadBalancerPort === input.LoadBalancerPort ? { ...entry, policies } : entry,
      ),
    })
    return {}
  },

  DescribeLoadBalancerPolicies(input: Elb.DescribeLoadBalancerPoliciesInput, call: Call): Elb.DescribeLoadBalancerPoliciesOutput {
    if (input.LoadBalancerName === undefined) return { PolicyDescriptions: [] }
    const row = findLoadBalancer(call, input.LoadBalancerName)
    const names = input.PolicyNames ?? []
    const chosen = names.length > 0 ? names.map((name) => findCookie(row, name)) : row.cookies
    return {
      PolicyDescriptions: chosen.map(({ name, cookie, expiration }) => ({
        PolicyName: name,
        PolicyTypeName: cookie === undefined ? 'LBCookieStickinessPolicyType' : 'AppCookieStickinessPolicyType',
        PolicyAttributeDescriptions: [
          cookie === undefined
            ? { AttributeName: 'CookieExpirationPeriod', AttributeValue: String(expiration ?? 0) }
            : { AttributeName: 'CookieName', AttributeValue: cookie },
        ],
      })),
    }
  },

  DeleteLoadBalancerPolicy(input: Elb.DeleteLoadBalancerPolicyInput, call: Call): Elb.DeleteLoadBalancerPolicyOutput {
    const row = findLoadBalancer(call, input.LoadBalancerName)
    if (row.listeners.some((entry) => entry.policies.includes(input.PolicyName!)))
      throw new AwsError(
        'InvalidConfigurationRequest',
        `The policy ${input.PolicyName} is in use by a listener of the load balancer ${row.id}`,
        409,
      )
    loadBalancers(call).patch(row.id, { cookies: row.cookies.filter((cookie) => cookie.name !== input.PolicyName) })
    return {}
  },
}

function addCookie(call: Call, loadBalancer: string | undefined, cookie: LoadBalancerRow['cookies'][number]): void {
  const row = findLoadBalancer(call, loadBalancer)
  if (row.cookies.some((known) => known.name === cookie.name))
    throw new AwsError('DuplicatePolicyName', `Policy with name ${cookie.name} already exists for load balancer ${row.id}`)
  loadBalancers(call).patch(row.id, { cookies: [...row.cookies, cookie] })
}

function findCookie(row: LoadBalancerRow, name: string): LoadBalancerRow['cookies'][number] {
  const cookie = row.cookies.find((known) => known.name === name)
  if (cookie === undefined) throw new AwsError('PolicyNotFound', `There is no policy with name ${name} for load balancer ${row.id}`)
  return cookie
}
