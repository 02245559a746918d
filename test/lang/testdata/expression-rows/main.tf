variable "s" {
  type      = string
  default   = "secret"
  sensitive = true
}
variable "e" {
  type      = string
  default   = "eph"
  ephemeral = true
}
variable "list" {
  type    = list(string)
  default = ["a", "b"]
}
variable "nullstring" {
  type    = string
  default = null
}
variable "nulllist" {
  type    = list(string)
  default = null
}
variable "any" {
  type    = any
  default = [1, "a"]
}
variable "anylist" {
  type    = list(any)
  default = [1, "a", true]
}
variable "opt" {
  type = object({
    a = string
    b = optional(number, 5)
    c = optional(object({
      d = optional(string, "dd")
      e = optional(list(string), ["x"])
    }), {})
    f = optional(object({ g = optional(bool, true) }))
    h = optional(string)
  })
  default = { a = "x" }
}
variable "optn" {
  type = object({
    b = optional(number, 5)
    c = optional(object({ d = optional(string, "dd") }), {})
  })
  default = { b = null, c = null }
}
variable "optlist" {
  type    = list(object({ a = string, b = optional(string, "B") }))
  default = [{ a = "1" }, { a = "2", b = "two" }, { a = 3, b = null, extra = true }]
}
variable "optmap" {
  type    = map(object({ b = optional(tuple([string, bool]), ["q", true]) }))
  default = { k = {} }
}
variable "optnull" {
  type    = object({ b = optional(string, "B") })
  default = null
}
variable "numset" {
  type    = set(number)
  default = [10, 9, 1, 100]
}
variable "tup" {
  type    = tuple([string, number])
  default = [1, "2"]
}
locals {
  obj  = { b = 1, a = "x", c = [1, 2] }
  null = null
}
resource "terraform_data" "x" {
  input = "in"
}
resource "terraform_data" "many" {
  count = 2
}
