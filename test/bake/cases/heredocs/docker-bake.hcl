target "default" {
  dockerfile-inline = <<EOT
FROM alpine
  RUN echo "a\n" $${HOME}
EOT
  args = {
    FLUSH = <<-END
      one
        two

      three
    END
    LOOP = <<-END
      %{ for x in ["p", "q"] ~}
      item ${x}
      %{ endfor ~}
      end
    END
  }
}
