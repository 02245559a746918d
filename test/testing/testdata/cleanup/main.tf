resource "terraform_data" "x" {
  count = 1
  provisioner "local-exec" {
    when    = destroy
    command = "exit 1"
  }
}
