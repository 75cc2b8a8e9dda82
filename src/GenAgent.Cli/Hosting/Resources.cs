using GenAgent.Storage;

namespace GenAgent.Cli.Hosting;

/// <summary>What a process must have before anything else, as the runtime itself aborts where it runs out of it later.</summary>
internal static class Resources
{
    private const long LeastAddressSpace = 512L << 20;

    /// <summary>Looks at the limits of the process.</summary>
    /// <exception cref="CliException">They are too low to work with.</exception>
    public static void Require()
    {
        if (AddressSpace.Free() is { } free && free < LeastAddressSpace)
        {
            throw new CliException(
                ExitCode.Storage, $"The limit of this process's address space leaves {free >> 20} MiB beside what the .NET runtime has reserved, which is "
                    + $"too little: raise it (ulimit -v) to 8 GiB or more.");
        }
    }
}
