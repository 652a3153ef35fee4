// Generated from crds/ by `npm run generate`. Do not edit.
import type { Definition } from '../schema.ts';

export const definitions: readonly Definition[] = [
 {
  "kind": "Campaign",
  "apiVersion": "skald.dev/v1alpha1",
  "namespaced": true,
  "schema": {
   "type": "object",
   "required": [
    "spec"
   ],
   "x-kubernetes-validations": [
    {
     "rule": "self.metadata.name.size() <= 63 && !self.metadata.name.contains('.')",
     "message": "a campaign's name becomes a label: at most 63 lower case letters, digits and dashes"
    }
   ],
   "properties": {
    "apiVersion": {
     "type": "string"
    },
    "kind": {
     "type": "string"
    },
    "metadata": {
     "type": "object"
    },
    "spec": {
     "type": "object",
     "required": [
      "npcs"
     ],
     "properties": {
      "title": {
       "type": "string",
       "minLength": 1,
       "maxLength": 128
      },
      "description": {
       "type": "string",
       "maxLength": 8192
      },
      "language": {
       "type": "string",
       "maxLength": 35,
       "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
       "default": "en"
      },
      "npcs": {
       "type": "array",
       "minItems": 1,
       "maxItems": 32,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "name"
       ],
       "x-kubernetes-validations": [
        {
         "rule": "self.all(a, !has(a.aliases) || self.all(b, a.name == b.name || !has(b.aliases) || !sets.intersects(a.aliases.map(x, x.lowerAscii()), b.aliases.map(x, x.lowerAscii()))))",
         "message": "an alias belongs to one NPC only; two NPCs share one (upper and lower case are the same)"
        },
        {
         "rule": "self.all(a, !has(a.aliases) || !self.exists(b, a.name != b.name && a.aliases.exists(x, x.lowerAscii() == b.name.lowerAscii())))",
         "message": "an alias must not be the name of another NPC (upper and lower case are the same)"
        },
        {
         "rule": "self.all(a, self.exists_one(b, a.name.lowerAscii() == b.name.lowerAscii()))",
         "message": "two NPCs have names that differ only in upper and lower case"
        },
        {
         "rule": "self.filter(n, n.gameMasterHelper).size() <= 1",
         "message": "at most one NPC can be the gameMasterHelper"
        }
       ],
       "items": {
        "type": "object",
        "required": [
         "name"
        ],
        "properties": {
         "name": {
          "type": "string",
          "minLength": 1,
          "maxLength": 64,
          "pattern": "^[^\\s\\x00-\\x1f]([^\\x00-\\x1f]*[^\\s\\x00-\\x1f])?$"
         },
         "title": {
          "type": "string",
          "maxLength": 128
         },
         "aliases": {
          "type": "array",
          "maxItems": 8,
          "x-kubernetes-list-type": "set",
          "items": {
           "type": "string",
           "minLength": 1,
           "maxLength": 64,
           "pattern": "^[^\\s\\x00-\\x1f]([^\\x00-\\x1f]*[^\\s\\x00-\\x1f])?$"
          }
         },
         "personality": {
          "type": "string",
          "maxLength": 8192
         },
         "rules": {
          "type": "array",
          "maxItems": 32,
          "x-kubernetes-list-type": "atomic",
          "items": {
           "type": "string",
           "minLength": 1,
           "maxLength": 1024
          }
         },
         "secrets": {
          "type": "array",
          "maxItems": 32,
          "x-kubernetes-list-type": "atomic",
          "items": {
           "type": "string",
           "minLength": 1,
           "maxLength": 1024
          }
         },
         "knowledge": {
          "type": "array",
          "maxItems": 32,
          "x-kubernetes-list-type": "set",
          "items": {
           "type": "string",
           "minLength": 1,
           "maxLength": 64
          }
         },
         "voice": {
          "type": "object",
          "default": {},
          "properties": {
           "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 128
           },
           "pitch": {
            "type": "number",
            "minimum": 0.5,
            "maximum": 2,
            "default": 1
           },
           "speed": {
            "type": "number",
            "minimum": 0.25,
            "maximum": 4,
            "default": 1
           }
          }
         },
         "engine": {
          "type": "string",
          "enum": [
           "cascaded",
           "speechToSpeech"
          ],
          "default": "cascaded"
         },
         "budget": {
          "type": "string",
          "enum": [
           "fast",
           "standard",
           "deep"
          ],
          "default": "standard"
         },
         "addressOnly": {
          "type": "boolean",
          "default": false
         },
         "gameMasterHelper": {
          "type": "boolean",
          "default": false
         },
         "tools": {
          "type": "array",
          "maxItems": 32,
          "x-kubernetes-list-type": "set",
          "items": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          }
         }
        }
       }
      },
      "entities": {
       "type": "array",
       "maxItems": 256,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "name"
       ],
       "items": {
        "type": "object",
        "required": [
         "name",
         "description"
        ],
        "properties": {
         "name": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128
         },
         "kind": {
          "type": "string",
          "minLength": 1,
          "maxLength": 64
         },
         "description": {
          "type": "string",
          "minLength": 1,
          "maxLength": 2048
         },
         "knowledge": {
          "type": "array",
          "maxItems": 16,
          "x-kubernetes-list-type": "set",
          "items": {
           "type": "string",
           "minLength": 1,
           "maxLength": 64
          }
         }
        }
       }
      },
      "entitiesFrom": {
       "type": "object",
       "required": [
        "configMapRef"
       ],
       "properties": {
        "configMapRef": {
         "type": "object",
         "required": [
          "name"
         ],
         "properties": {
          "name": {
           "type": "string",
           "minLength": 1,
           "maxLength": 253,
           "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
          },
          "key": {
           "type": "string",
           "minLength": 1,
           "maxLength": 253,
           "pattern": "^[-._a-zA-Z0-9]+$",
           "default": "entities.yaml"
          }
         }
        }
       }
      },
      "ambience": {
       "type": "object",
       "required": [
        "url"
       ],
       "properties": {
        "url": {
         "type": "string",
         "minLength": 8,
         "maxLength": 512,
         "pattern": "^https?://[^\\s@]+$"
        },
        "volume": {
         "type": "number",
         "minimum": 0,
         "maximum": 1,
         "default": 0.3
        }
       }
      },
      "mcpServers": {
       "type": "array",
       "maxItems": 8,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "name"
       ],
       "items": {
        "type": "object",
        "required": [
         "name",
         "url"
        ],
        "properties": {
         "name": {
          "type": "string",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
         },
         "url": {
          "type": "string",
          "minLength": 8,
          "maxLength": 512,
          "pattern": "^https?://[^\\s@]+$"
         },
         "apiKeySecretRef": {
          "type": "object",
          "required": [
           "name",
           "key"
          ],
          "properties": {
           "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
           },
           "key": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "pattern": "^[-._a-zA-Z0-9]+$"
           }
          }
         }
        }
       }
      },
      "providers": {
       "type": "object",
       "minProperties": 1,
       "properties": {
        "stt": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai",
            "deepgram",
            "elevenlabs"
           ]
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai",
              "deepgram",
              "elevenlabs"
             ]
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "llm": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai",
            "google",
            "anthropic"
           ]
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai",
              "google",
              "anthropic"
             ]
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "tts": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai",
            "elevenlabs",
            "deepgram"
           ]
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai",
              "elevenlabs",
              "deepgram"
             ]
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "moderation": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai"
           ]
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai"
             ]
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "speechToSpeech": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai"
           ]
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai"
             ]
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        }
       }
      },
      "players": {
       "type": "array",
       "maxItems": 64,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "discordUserId"
       ],
       "items": {
        "type": "object",
        "required": [
         "discordUserId"
        ],
        "properties": {
         "discordUserId": {
          "type": "string",
          "maxLength": 20,
          "pattern": "^[0-9]{17,20}$"
         },
         "character": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128
         },
         "optOut": {
          "type": "boolean",
          "default": false
         }
        }
       }
      },
      "turnTaking": {
       "type": "object",
       "default": {},
       "properties": {
        "endpointing": {
         "type": "string",
         "enum": [
          "fixed",
          "dynamic"
         ],
         "default": "dynamic"
        },
        "minDelayMs": {
         "type": "integer",
         "minimum": 200,
         "maximum": 3000,
         "default": 400
        },
        "maxDelayMs": {
         "type": "integer",
         "minimum": 200,
         "maximum": 10000,
         "default": 2400
        },
        "preemptive": {
         "type": "boolean",
         "default": true
        }
       },
       "x-kubernetes-validations": [
        {
         "rule": "!has(self.minDelayMs) || !has(self.maxDelayMs) || self.minDelayMs <= self.maxDelayMs",
         "message": "minDelayMs is more than maxDelayMs",
         "fieldPath": ".maxDelayMs"
        }
       ]
      },
      "onVoiceChannelMoved": {
       "type": "string",
       "enum": [
        "Follow",
        "End"
       ],
       "default": "Follow"
      },
      "onSessionEnd": {
       "type": "array",
       "maxItems": 8,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "name"
       ],
       "items": {
        "type": "object",
        "required": [
         "name",
         "workflowTemplateRef"
        ],
        "properties": {
         "name": {
          "type": "string",
          "minLength": 1,
          "maxLength": 63,
          "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
         },
         "workflowTemplateRef": {
          "type": "object",
          "required": [
           "name"
          ],
          "properties": {
           "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 253,
            "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
           }
          }
         },
         "parameters": {
          "type": "object",
          "maxProperties": 32,
          "additionalProperties": {
           "type": "string",
           "maxLength": 1024
          }
         }
        }
       }
      }
     }
    },
    "status": {
     "type": "object",
     "properties": {
      "conditions": {
       "type": "array",
       "maxItems": 16,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "type"
       ],
       "items": {
        "type": "object",
        "required": [
         "type",
         "status",
         "lastTransitionTime",
         "reason",
         "message"
        ],
        "properties": {
         "type": {
          "type": "string",
          "maxLength": 316,
          "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
         },
         "status": {
          "type": "string",
          "enum": [
           "True",
           "False",
           "Unknown"
          ]
         },
         "observedGeneration": {
          "type": "integer",
          "format": "int64",
          "minimum": 0
         },
         "lastTransitionTime": {
          "type": "string",
          "format": "date-time"
         },
         "reason": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
         },
         "message": {
          "type": "string",
          "maxLength": 32768
         }
        }
       }
      },
      "npcCount": {
       "type": "integer",
       "format": "int32",
       "minimum": 0
      },
      "activeSession": {
       "type": "string",
       "maxLength": 253
      },
      "sessionCount": {
       "type": "integer",
       "format": "int32",
       "minimum": 0
      },
      "revision": {
       "type": "string",
       "maxLength": 64
      },
      "entities": {
       "type": "array",
       "maxItems": 2048,
       "x-kubernetes-list-type": "atomic",
       "items": {
        "type": "object",
        "required": [
         "name",
         "description"
        ],
        "properties": {
         "name": {
          "type": "string",
          "maxLength": 128
         },
         "kind": {
          "type": "string",
          "maxLength": 64
         },
         "description": {
          "type": "string",
          "maxLength": 2048
         },
         "knowledge": {
          "type": "array",
          "maxItems": 16,
          "x-kubernetes-list-type": "atomic",
          "items": {
           "type": "string",
           "maxLength": 64
          }
         }
        }
       }
      },
      "observedGeneration": {
       "type": "integer",
       "format": "int64",
       "minimum": 0
      }
     }
    }
   }
  }
 },
 {
  "kind": "Tenant",
  "apiVersion": "skald.dev/v1alpha1",
  "namespaced": false,
  "schema": {
   "type": "object",
   "required": [
    "spec"
   ],
   "x-kubernetes-validations": [
    {
     "rule": "self.metadata.name.size() <= 40 && !self.metadata.name.contains('.')",
     "message": "a tenant's name becomes part of a namespace, a certificate and a database schema: at most 40 lower case letters, digits and dashes"
    },
    {
     "rule": "has(self.spec.__namespace__) || self.metadata.name != 'system'",
     "message": "this name would give the operator's own namespace; set spec.namespace or choose another name"
    }
   ],
   "properties": {
    "apiVersion": {
     "type": "string"
    },
    "kind": {
     "type": "string"
    },
    "metadata": {
     "type": "object"
    },
    "spec": {
     "type": "object",
     "required": [
      "discord"
     ],
     "x-kubernetes-validations": [
      {
       "rule": "has(self.__namespace__) == has(oldSelf.__namespace__) && (!has(self.__namespace__) || self.__namespace__ == oldSelf.__namespace__)",
       "message": "namespace is immutable, and cannot be set later; delete the Tenant and make another",
       "fieldPath": ".namespace"
      }
     ],
     "properties": {
      "displayName": {
       "type": "string",
       "minLength": 1,
       "maxLength": 128
      },
      "namespace": {
       "type": "string",
       "minLength": 1,
       "maxLength": 63,
       "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
       "x-kubernetes-validations": [
        {
         "rule": "!self.startsWith('kube-') && !(self in ['default', 'skald-system'])",
         "message": "a tenant cannot live in a namespace of the cluster or of the operator"
        }
       ]
      },
      "deletionPolicy": {
       "type": "string",
       "enum": [
        "Retain",
        "Delete"
       ],
       "default": "Retain"
      },
      "timeZone": {
       "type": "string",
       "minLength": 1,
       "maxLength": 64,
       "pattern": "^[A-Za-z]+([_+/-]?[A-Za-z0-9]+)*$",
       "default": "Etc/UTC"
      },
      "topology": {
       "type": "string",
       "enum": [
        "shared",
        "dedicated"
       ],
       "default": "shared"
      },
      "discord": {
       "type": "object",
       "required": [
        "applicationId",
        "guilds"
       ],
       "x-kubernetes-validations": [
        {
         "rule": "has(self.botTokenSecretRef) != has(self.vault)",
         "message": "give the bot token by exactly one of botTokenSecretRef and vault"
        },
        {
         "rule": "self.interactions != 'http' || has(self.publicKey)",
         "message": "interactions over http are verified with publicKey; set it",
         "fieldPath": ".publicKey"
        }
       ],
       "properties": {
        "applicationId": {
         "type": "string",
         "maxLength": 20,
         "pattern": "^[0-9]{17,20}$"
        },
        "publicKey": {
         "type": "string",
         "maxLength": 64,
         "pattern": "^[0-9a-f]{64}$"
        },
        "botTokenSecretRef": {
         "type": "object",
         "properties": {
          "name": {
           "type": "string",
           "maxLength": 253,
           "default": "skald-bot-token",
           "x-kubernetes-validations": [
            {
             "rule": "self == 'skald-bot-token'",
             "message": "must be skald-bot-token; the gateway's identity may read this one name only"
            }
           ]
          },
          "key": {
           "type": "string",
           "minLength": 1,
           "maxLength": 253,
           "pattern": "^[-._a-zA-Z0-9]+$",
           "default": "token"
          }
         }
        },
        "vault": {
         "type": "object",
         "required": [
          "path",
          "key"
         ],
         "properties": {
          "path": {
           "type": "string",
           "minLength": 1,
           "maxLength": 512
          },
          "key": {
           "type": "string",
           "minLength": 1,
           "maxLength": 253
          }
         }
        },
        "interactions": {
         "type": "string",
         "enum": [
          "gateway",
          "http"
         ],
         "default": "gateway"
        },
        "guilds": {
         "type": "array",
         "minItems": 1,
         "maxItems": 100,
         "x-kubernetes-list-type": "set",
         "items": {
          "type": "string",
          "maxLength": 20,
          "pattern": "^[0-9]{17,20}$"
         }
        },
        "roles": {
         "type": "object",
         "maxProperties": 50,
         "additionalProperties": {
          "type": "array",
          "maxItems": 25,
          "x-kubernetes-list-type": "set",
          "items": {
           "type": "string",
           "maxLength": 20,
           "pattern": "^[0-9]{17,20}$"
          }
         }
        },
        "gameMasterRole": {
         "type": "string",
         "maxLength": 20,
         "pattern": "^[0-9]{17,20}$"
        }
       }
      },
      "limits": {
       "type": "object",
       "default": {},
       "properties": {
        "concurrentSessions": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 10000
        },
        "sessionHoursPerMonth": {
         "type": "number",
         "minimum": 0,
         "maximum": 1000000
        },
        "maxSessionSeconds": {
         "type": "integer",
         "format": "int32",
         "minimum": 60,
         "maximum": 86400,
         "default": 14400
        },
        "idleTimeoutSeconds": {
         "type": "integer",
         "format": "int32",
         "minimum": 30,
         "maximum": 86400,
         "default": 900
        },
        "admissionTimeoutSeconds": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 3600,
         "default": 60
        },
        "spendPerSession": {
         "type": "object",
         "minProperties": 1,
         "properties": {
          "soft": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000000
          },
          "hard": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000000
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!has(self.soft) || !has(self.hard) || self.soft <= self.hard",
           "message": "soft must not be above hard",
           "fieldPath": ".soft"
          }
         ]
        },
        "spendPerMonth": {
         "type": "object",
         "minProperties": 1,
         "properties": {
          "soft": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000000
          },
          "hard": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000000
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!has(self.soft) || !has(self.hard) || self.soft <= self.hard",
           "message": "soft must not be above hard",
           "fieldPath": ".soft"
          }
         ]
        }
       }
      },
      "worker": {
       "type": "object",
       "default": {},
       "properties": {
        "profile": {
         "type": "string",
         "enum": [
          "cloud",
          "whisper-native",
          "local-llm",
          "offline"
         ],
         "default": "cloud"
        },
        "resources": {
         "type": "object",
         "properties": {
          "requests": {
           "type": "object",
           "maxProperties": 16,
           "additionalProperties": {
            "x-kubernetes-int-or-string": true,
            "anyOf": [
             {
              "type": "integer"
             },
             {
              "type": "string"
             }
            ],
            "maxLength": 32,
            "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
           }
          },
          "limits": {
           "type": "object",
           "maxProperties": 16,
           "additionalProperties": {
            "x-kubernetes-int-or-string": true,
            "anyOf": [
             {
              "type": "integer"
             },
             {
              "type": "string"
             }
            ],
            "maxLength": 32,
            "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
           }
          }
         }
        },
        "sidecars": {
         "type": "object",
         "properties": {
          "speech": {
           "type": "object",
           "properties": {
            "requests": {
             "type": "object",
             "maxProperties": 16,
             "additionalProperties": {
              "x-kubernetes-int-or-string": true,
              "anyOf": [
               {
                "type": "integer"
               },
               {
                "type": "string"
               }
              ],
              "maxLength": 32,
              "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
             }
            },
            "limits": {
             "type": "object",
             "maxProperties": 16,
             "additionalProperties": {
              "x-kubernetes-int-or-string": true,
              "anyOf": [
               {
                "type": "integer"
               },
               {
                "type": "string"
               }
              ],
              "maxLength": 32,
              "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
             }
            }
           }
          },
          "whisper": {
           "type": "object",
           "properties": {
            "requests": {
             "type": "object",
             "maxProperties": 16,
             "additionalProperties": {
              "x-kubernetes-int-or-string": true,
              "anyOf": [
               {
                "type": "integer"
               },
               {
                "type": "string"
               }
              ],
              "maxLength": 32,
              "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
             }
            },
            "limits": {
             "type": "object",
             "maxProperties": 16,
             "additionalProperties": {
              "x-kubernetes-int-or-string": true,
              "anyOf": [
               {
                "type": "integer"
               },
               {
                "type": "string"
               }
              ],
              "maxLength": 32,
              "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
             }
            }
           }
          },
          "llm": {
           "type": "object",
           "properties": {
            "requests": {
             "type": "object",
             "maxProperties": 16,
             "additionalProperties": {
              "x-kubernetes-int-or-string": true,
              "anyOf": [
               {
                "type": "integer"
               },
               {
                "type": "string"
               }
              ],
              "maxLength": 32,
              "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
             }
            },
            "limits": {
             "type": "object",
             "maxProperties": 16,
             "additionalProperties": {
              "x-kubernetes-int-or-string": true,
              "anyOf": [
               {
                "type": "integer"
               },
               {
                "type": "string"
               }
              ],
              "maxLength": 32,
              "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
             }
            }
           }
          }
         }
        },
        "nodeSelector": {
         "type": "object",
         "maxProperties": 16,
         "additionalProperties": {
          "type": "string",
          "maxLength": 63
         }
        },
        "tolerations": {
         "type": "array",
         "maxItems": 16,
         "x-kubernetes-list-type": "atomic",
         "items": {
          "type": "object",
          "properties": {
           "key": {
            "type": "string",
            "maxLength": 316
           },
           "operator": {
            "type": "string",
            "enum": [
             "Exists",
             "Equal"
            ]
           },
           "value": {
            "type": "string",
            "maxLength": 63
           },
           "effect": {
            "type": "string",
            "enum": [
             "",
             "NoSchedule",
             "PreferNoSchedule",
             "NoExecute"
            ]
           },
           "tolerationSeconds": {
            "type": "integer",
            "format": "int64"
           }
          }
         }
        },
        "warm": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 20,
         "default": 0
        }
       }
      },
      "providers": {
       "type": "object",
       "default": {},
       "properties": {
        "stt": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai",
            "deepgram",
            "elevenlabs"
           ],
           "default": "openai"
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai",
              "deepgram",
              "elevenlabs"
             ],
             "default": "openai"
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "llm": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai",
            "google",
            "anthropic"
           ],
           "default": "openai"
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai",
              "google",
              "anthropic"
             ],
             "default": "openai"
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "tts": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai",
            "elevenlabs",
            "deepgram"
           ],
           "default": "openai"
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai",
              "elevenlabs",
              "deepgram"
             ],
             "default": "openai"
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "moderation": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai"
           ],
           "default": "openai"
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai"
             ],
             "default": "openai"
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "speechToSpeech": {
         "type": "object",
         "properties": {
          "kind": {
           "type": "string",
           "enum": [
            "openai"
           ],
           "default": "openai"
          },
          "model": {
           "type": "string",
           "minLength": 1,
           "maxLength": 128
          },
          "baseURL": {
           "type": "string",
           "minLength": 8,
           "maxLength": 512,
           "pattern": "^https?://[^\\s@]+$"
          },
          "apiKeySecretRef": {
           "type": "object",
           "required": [
            "name",
            "key"
           ],
           "properties": {
            "name": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253,
             "pattern": "^[-._a-zA-Z0-9]+$"
            }
           }
          },
          "vault": {
           "type": "object",
           "required": [
            "path",
            "key"
           ],
           "properties": {
            "path": {
             "type": "string",
             "minLength": 1,
             "maxLength": 512
            },
            "key": {
             "type": "string",
             "minLength": 1,
             "maxLength": 253
            }
           }
          },
          "pricePerUnitUSD": {
           "type": "number",
           "minimum": 0,
           "maximum": 1000
          },
          "fallback": {
           "type": "object",
           "properties": {
            "kind": {
             "type": "string",
             "enum": [
              "openai"
             ],
             "default": "openai"
            },
            "model": {
             "type": "string",
             "minLength": 1,
             "maxLength": 128
            },
            "baseURL": {
             "type": "string",
             "minLength": 8,
             "maxLength": 512,
             "pattern": "^https?://[^\\s@]+$"
            },
            "apiKeySecretRef": {
             "type": "object",
             "required": [
              "name",
              "key"
             ],
             "properties": {
              "name": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253,
               "pattern": "^[-._a-zA-Z0-9]+$"
              }
             }
            },
            "vault": {
             "type": "object",
             "required": [
              "path",
              "key"
             ],
             "properties": {
              "path": {
               "type": "string",
               "minLength": 1,
               "maxLength": 512
              },
              "key": {
               "type": "string",
               "minLength": 1,
               "maxLength": 253
              }
             }
            },
            "pricePerUnitUSD": {
             "type": "number",
             "minimum": 0,
             "maximum": 1000
            }
           },
           "x-kubernetes-validations": [
            {
             "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
             "message": "give the API key by apiKeySecretRef or by vault, not both",
             "fieldPath": ".vault"
            }
           ]
          }
         },
         "x-kubernetes-validations": [
          {
           "rule": "!(has(self.apiKeySecretRef) && has(self.vault))",
           "message": "give the API key by apiKeySecretRef or by vault, not both",
           "fieldPath": ".vault"
          }
         ]
        },
        "moderationFailurePolicy": {
         "type": "string",
         "enum": [
          "Fail",
          "Ignore"
         ]
        },
        "allowedHosts": {
         "type": "array",
         "maxItems": 32,
         "x-kubernetes-list-type": "set",
         "items": {
          "type": "string",
          "minLength": 1,
          "maxLength": 261,
          "pattern": "^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:[0-9]{1,5})?$"
         }
        }
       }
      },
      "history": {
       "type": "object",
       "default": {},
       "properties": {
        "ttlSecondsAfterEnded": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 31536000,
         "default": 604800
        },
        "keepPerCampaign": {
         "type": "integer",
         "format": "int32",
         "minimum": 0,
         "maximum": 1000,
         "default": 20
        },
        "transcriptDays": {
         "type": "integer",
         "format": "int32",
         "minimum": 1,
         "maximum": 3650
        }
       }
      },
      "privacy": {
       "type": "object",
       "default": {},
       "properties": {
        "consentNotice": {
         "type": "string",
         "enum": [
          "spoken",
          "text",
          "both"
         ],
         "default": "both"
        },
        "noticeText": {
         "type": "string",
         "minLength": 1,
         "maxLength": 1000
        },
        "recordTranscripts": {
         "type": "boolean",
         "default": true
        }
       }
      }
     }
    },
    "status": {
     "type": "object",
     "properties": {
      "conditions": {
       "type": "array",
       "maxItems": 16,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "type"
       ],
       "items": {
        "type": "object",
        "required": [
         "type",
         "status",
         "lastTransitionTime",
         "reason",
         "message"
        ],
        "properties": {
         "type": {
          "type": "string",
          "maxLength": 316,
          "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
         },
         "status": {
          "type": "string",
          "enum": [
           "True",
           "False",
           "Unknown"
          ]
         },
         "observedGeneration": {
          "type": "integer",
          "format": "int64",
          "minimum": 0
         },
         "lastTransitionTime": {
          "type": "string",
          "format": "date-time"
         },
         "reason": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
         },
         "message": {
          "type": "string",
          "maxLength": 32768
         }
        }
       }
      },
      "namespace": {
       "type": "string",
       "maxLength": 63
      },
      "gateway": {
       "type": "string",
       "maxLength": 80
      },
      "usage": {
       "type": "object",
       "properties": {
        "activeSessions": {
         "type": "integer",
         "format": "int32",
         "minimum": 0
        },
        "hoursThisMonth": {
         "type": "number",
         "minimum": 0
        },
        "spendThisMonth": {
         "type": "number",
         "minimum": 0
        },
        "month": {
         "type": "string",
         "maxLength": 10
        },
        "endedSeconds": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "endedSpendUSD": {
         "type": "number",
         "minimum": 0
        },
        "settled": {
         "type": "array",
         "maxItems": 1000,
         "x-kubernetes-list-type": "map",
         "x-kubernetes-list-map-keys": [
          "uid"
         ],
         "items": {
          "type": "object",
          "required": [
           "name",
           "uid"
          ],
          "properties": {
           "name": {
            "type": "string",
            "maxLength": 253
           },
           "uid": {
            "type": "string",
            "maxLength": 64
           }
          }
         }
        }
       }
      },
      "observedGeneration": {
       "type": "integer",
       "format": "int64",
       "minimum": 0
      }
     }
    }
   }
  }
 },
 {
  "kind": "VoiceSession",
  "apiVersion": "skald.dev/v1alpha1",
  "namespaced": true,
  "schema": {
   "type": "object",
   "required": [
    "spec"
   ],
   "x-kubernetes-validations": [
    {
     "rule": "self.metadata.name.size() <= 63 && !self.metadata.name.contains('.')",
     "message": "a session's name becomes a label: at most 63 lower case letters, digits and dashes"
    }
   ],
   "properties": {
    "apiVersion": {
     "type": "string"
    },
    "kind": {
     "type": "string"
    },
    "metadata": {
     "type": "object"
    },
    "spec": {
     "type": "object",
     "required": [
      "campaignRef",
      "guildId"
     ],
     "x-kubernetes-validations": [
      {
       "rule": "self.mode != 'Live' || has(self.voiceChannelId)",
       "message": "a Live session needs voiceChannelId",
       "fieldPath": ".voiceChannelId"
      },
      {
       "rule": "self.mode != 'Recap' || has(self.recapOf)",
       "message": "a Recap needs recapOf, the session that it summarises",
       "fieldPath": ".recapOf"
      },
      {
       "rule": "self.mode != 'Live' || !has(self.recapOf)",
       "message": "recapOf belongs to mode Recap",
       "fieldPath": ".recapOf"
      },
      {
       "rule": "self.mode == oldSelf.mode",
       "message": "mode is immutable; end this session and start another",
       "fieldPath": ".mode"
      },
      {
       "rule": "self.campaignRef == oldSelf.campaignRef",
       "message": "campaignRef is immutable; end this session and start another",
       "fieldPath": ".campaignRef"
      },
      {
       "rule": "self.guildId == oldSelf.guildId",
       "message": "guildId is immutable; end this session and start another",
       "fieldPath": ".guildId"
      },
      {
       "rule": "has(self.recapOf) == has(oldSelf.recapOf) && (!has(self.recapOf) || self.recapOf == oldSelf.recapOf)",
       "message": "recapOf is immutable, and cannot be set later; end this session and start another",
       "fieldPath": ".recapOf"
      },
      {
       "rule": "has(self.voiceChannelId) == has(oldSelf.voiceChannelId) && (!has(self.voiceChannelId) || self.voiceChannelId == oldSelf.voiceChannelId)",
       "message": "voiceChannelId is immutable, and cannot be set later; end this session and start another",
       "fieldPath": ".voiceChannelId"
      },
      {
       "rule": "has(self.textChannelId) == has(oldSelf.textChannelId) && (!has(self.textChannelId) || self.textChannelId == oldSelf.textChannelId)",
       "message": "textChannelId is immutable, and cannot be set later; end this session and start another",
       "fieldPath": ".textChannelId"
      },
      {
       "rule": "has(self.requestedBy) == has(oldSelf.requestedBy) && (!has(self.requestedBy) || self.requestedBy == oldSelf.requestedBy)",
       "message": "requestedBy is immutable, and cannot be set later; end this session and start another",
       "fieldPath": ".requestedBy"
      },
      {
       "rule": "has(self.maxDurationSeconds) == has(oldSelf.maxDurationSeconds) && (!has(self.maxDurationSeconds) || self.maxDurationSeconds == oldSelf.maxDurationSeconds)",
       "message": "maxDurationSeconds is immutable, and cannot be set later; end this session and start another",
       "fieldPath": ".maxDurationSeconds"
      },
      {
       "rule": "has(self.profile) == has(oldSelf.profile) && (!has(self.profile) || self.profile == oldSelf.profile)",
       "message": "profile is immutable, and cannot be set later; end this session and start another",
       "fieldPath": ".profile"
      },
      {
       "rule": "oldSelf.desiredState != 'Stopped' || self.desiredState == 'Stopped'",
       "message": "a session that was stopped does not run again; start another",
       "fieldPath": ".desiredState"
      }
     ],
     "properties": {
      "mode": {
       "type": "string",
       "enum": [
        "Live",
        "Recap"
       ],
       "default": "Live"
      },
      "recapOf": {
       "type": "string",
       "minLength": 1,
       "maxLength": 63,
       "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
      },
      "campaignRef": {
       "type": "object",
       "required": [
        "name"
       ],
       "properties": {
        "name": {
         "type": "string",
         "minLength": 1,
         "maxLength": 63,
         "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
        }
       }
      },
      "guildId": {
       "type": "string",
       "maxLength": 20,
       "pattern": "^[0-9]{17,20}$"
      },
      "voiceChannelId": {
       "type": "string",
       "maxLength": 20,
       "pattern": "^[0-9]{17,20}$"
      },
      "textChannelId": {
       "type": "string",
       "maxLength": 20,
       "pattern": "^[0-9]{17,20}$"
      },
      "requestedBy": {
       "type": "object",
       "required": [
        "userId"
       ],
       "properties": {
        "userId": {
         "type": "string",
         "maxLength": 20,
         "pattern": "^[0-9]{17,20}$"
        },
        "displayName": {
         "type": "string",
         "maxLength": 128
        },
        "interactionId": {
         "type": "string",
         "maxLength": 20,
         "pattern": "^[0-9]{17,20}$"
        }
       }
      },
      "desiredState": {
       "type": "string",
       "enum": [
        "Running",
        "Stopped"
       ],
       "default": "Running"
      },
      "mutedNpcs": {
       "type": "array",
       "maxItems": 32,
       "x-kubernetes-list-type": "set",
       "items": {
        "type": "string",
        "minLength": 1,
        "maxLength": 64
       }
      },
      "maxDurationSeconds": {
       "type": "integer",
       "format": "int32",
       "minimum": 60,
       "maximum": 86400
      },
      "profile": {
       "type": "string",
       "enum": [
        "cloud",
        "whisper-native",
        "local-llm",
        "offline"
       ]
      }
     }
    },
    "status": {
     "type": "object",
     "properties": {
      "phase": {
       "type": "string",
       "enum": [
        "Pending",
        "Provisioning",
        "Connecting",
        "Active",
        "Degraded",
        "Draining",
        "Ended",
        "Failed"
       ],
       "x-kubernetes-validations": [
        {
         "rule": "!(oldSelf in ['Ended', 'Failed']) || self == oldSelf",
         "message": "Ended and Failed are final"
        }
       ]
      },
      "conditions": {
       "type": "array",
       "maxItems": 16,
       "x-kubernetes-list-type": "map",
       "x-kubernetes-list-map-keys": [
        "type"
       ],
       "items": {
        "type": "object",
        "required": [
         "type",
         "status",
         "lastTransitionTime",
         "reason",
         "message"
        ],
        "properties": {
         "type": {
          "type": "string",
          "maxLength": 316,
          "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
         },
         "status": {
          "type": "string",
          "enum": [
           "True",
           "False",
           "Unknown"
          ]
         },
         "observedGeneration": {
          "type": "integer",
          "format": "int64",
          "minimum": 0
         },
         "lastTransitionTime": {
          "type": "string",
          "format": "date-time"
         },
         "reason": {
          "type": "string",
          "minLength": 1,
          "maxLength": 1024,
          "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"
         },
         "message": {
          "type": "string",
          "maxLength": 32768
         }
        }
       }
      },
      "reason": {
       "type": "string",
       "maxLength": 128
      },
      "worker": {
       "type": "object",
       "properties": {
        "jobName": {
         "type": "string",
         "maxLength": 63
        },
        "podName": {
         "type": "string",
         "maxLength": 253
        },
        "podUID": {
         "type": "string",
         "maxLength": 64
        },
        "node": {
         "type": "string",
         "maxLength": 253
        },
        "restarts": {
         "type": "integer",
         "format": "int32",
         "minimum": 0
        },
        "certificateExpiry": {
         "type": "string",
         "format": "date-time"
        }
       }
      },
      "voice": {
       "type": "object",
       "properties": {
        "connected": {
         "type": "boolean"
        },
        "connectedAt": {
         "type": "string",
         "format": "date-time"
        },
        "state": {
         "type": "string",
         "enum": [
          "Connecting",
          "Listening",
          "Degraded",
          "Paused",
          "Stopped",
          "Detached"
         ]
        },
        "reason": {
         "type": "string",
         "maxLength": 128
        },
        "message": {
         "type": "string",
         "maxLength": 1024
        },
        "podUID": {
         "type": "string",
         "maxLength": 64
        },
        "reportedAt": {
         "type": "string",
         "format": "date-time"
        },
        "dave": {
         "type": "integer",
         "format": "int32",
         "minimum": 0
        },
        "packetLoss": {
         "type": "number",
         "minimum": 0,
         "maximum": 1
        },
        "jitterMs": {
         "type": "number",
         "minimum": 0
        },
        "responseP50Ms": {
         "type": "integer",
         "format": "int32",
         "minimum": 0
        },
        "responseP95Ms": {
         "type": "integer",
         "format": "int32",
         "minimum": 0
        },
        "buildSHA": {
         "type": "string",
         "maxLength": 64
        },
        "models": {
         "type": "array",
         "maxItems": 8,
         "x-kubernetes-list-type": "atomic",
         "items": {
          "type": "string",
          "maxLength": 256
         }
        },
        "spendUSD": {
         "type": "number",
         "minimum": 0
        },
        "configRevision": {
         "type": "string",
         "maxLength": 64
        }
       }
      },
      "startedAt": {
       "type": "string",
       "format": "date-time"
      },
      "activeAt": {
       "type": "string",
       "format": "date-time"
      },
      "endedAt": {
       "type": "string",
       "format": "date-time"
      },
      "endReason": {
       "type": "string",
       "enum": [
        "Requested",
        "Deleted",
        "Idle",
        "ChannelEmpty",
        "DeadlineExceeded",
        "SpendCap",
        "WorkerFailed",
        "Rejected",
        "DiscordRefused",
        "Kicked",
        "Completed",
        "NothingToRecap"
       ]
      },
      "result": {
       "type": "object",
       "properties": {
        "utterances": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "replies": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "bargeIns": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "sttSeconds": {
         "type": "number",
         "minimum": 0
        },
        "llmTokens": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "ttsCharacters": {
         "type": "integer",
         "format": "int64",
         "minimum": 0
        },
        "spendUSD": {
         "type": "number",
         "minimum": 0
        },
        "transcriptRef": {
         "type": "string",
         "maxLength": 512
        }
       }
      },
      "observedGeneration": {
       "type": "integer",
       "format": "int64",
       "minimum": 0
      }
     }
    }
   }
  }
 }
];
