variable "VERSION" {
  default     = "1.2.3"
  description = "three numbers"
  validation {
    condition     = can(regex("^\\d+\\.\\d+\\.\\d+$", VERSION))
    error_message = "VERSION is three numbers, not ${VERSION}"
  }
  validation {
    condition     = semvercmp(VERSION, ">= 1.0")
    error_message = "too old"
  }
}
target "default" { args = { VERSION = VERSION } }
