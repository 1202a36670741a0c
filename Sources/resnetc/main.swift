// The command. Everything it does, a subcommand does.
import Foundation

exit(runCommand(CommandLine.arguments.dropFirst()))
