print("resnetc")
