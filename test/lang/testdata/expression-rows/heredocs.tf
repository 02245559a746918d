locals {
  h_plain = <<X
a
  b
X
  h_flush = <<-X
    a
      b

    c
    X
  h_tabs   = <<-X
	a
		b
	X
  h_escape = <<X
\n $${a} %%{b} "q" \u00e9
X
  h_nested = [<<A
x
A
    , <<-B
      y
    B
  ]
  h_call = upper(<<-X
    a${1}
  X
  )
  h_empty = <<X
X
  h_trim = <<-X
    a
    ${~1~}
    b
  X
  h_if = <<-X
    %{~if true~}
    a
    %{~else~}
    b
    %{~endif~}
  X
  h_for = <<-X
    %{for x in [1, 2]~}
    - ${x}
    %{endfor~}
  X
  h_least = <<-X
      a
    b
  X
  h_blank = <<-X

    a

  X
  h_unknown = <<X
a${terraform_data.x.id}
X
  t_escapes = "\n\r\t\"\\\u00e9\U0001F600"
  t_object  = { h = <<X
v
X
  }
}
