mkdir tree; echo x > tree/one; ln tree/one tree/two
