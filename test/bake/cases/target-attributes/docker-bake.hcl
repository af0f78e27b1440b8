target "default" {
  description = "everything a target can say"
  context     = "./app/"
  dockerfile  = "build/Dockerfile"
  target      = "release"
  args        = { VERSION = "1.2", DEBUG = true, COUNT = 3, NOTHING = null }
  labels      = { "org.example.title" = "App" }
  tags        = ["app:1", "app:latest", "app:1"]
  platforms   = ["linux/amd64", "linux/arm64"]
  network     = "host"
  no-cache    = false
  pull        = true
  no-cache-filter = ["deps"]
  shm-size    = "128m"
  ulimits     = ["nofile=1024:2048"]
  entitlements = ["security.insecure"]
  annotations = ["index,manifest:org.example.a=b"]
  extra-hosts = { db = "10.0.0.2" }
  call        = "build"
}
