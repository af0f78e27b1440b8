target "default" {
  cache-from = ["r/app:cache", "type=gha,scope=x", ""]
  cache-to   = ["type=registry,ref=r/app:cache,mode=max"]
  output     = ["type=local,dest=out", "out2", "-", "type=image,\"name=a,b\",push=true"]
  secret     = ["id=token,env=TOKEN", "type=env,id=other,src=OTHER"]
  ssh        = ["default", "git=a.pem,b.pem"]
  attest     = ["type=provenance,mode=min", "type=provenance,mode=max"]
}
