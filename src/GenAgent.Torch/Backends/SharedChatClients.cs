using GenAgent.Torch.Chat;
using GenAgent.Torch.Native;
using Microsoft.Extensions.AI;

namespace GenAgent.Torch.Backends;

/// <summary>
/// Chat models of this process, each loaded once for all who name it alike: agent and judge share weights, cache and batches.
/// A model is freed when the last client of it is disposed of. Safe to use from many tasks.
/// </summary>
internal static class SharedChatClients
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<string, Model> Models = new(StringComparer.Ordinal);

    /// <summary>A client of the model with that key, which is loaded if nobody has it.</summary>
    /// <param name="key">What makes two clients equal: folder and settings.</param>
    /// <param name="load">Loads it, on a thread of the pool.</param>
    /// <param name="cancellationToken">Ends the wait; a load that nobody waits for any more is freed when it is done.</param>
    public static async Task<IChatClient> LeaseAsync(string key, Func<TorchChatClient> load, CancellationToken cancellationToken)
    {
        Model? model;
        lock (Gate)
        {
            if (!Models.TryGetValue(key, out model))
            {
                Models[key] = model = new Model(key, Task.Run(() => Load(load), CancellationToken.None));
            }

            model.Leases++;
        }

        try
        {
            return new Lease(await model.Client.WaitAsync(cancellationToken), model);
        }
        catch
        {
            if (Return(model)) _ = FreeAsync(model.Client);
            throw;
        }
    }

    // A process does not end while weights are being read, whoever waits for them.
    private static TorchChatClient Load(Func<TorchChatClient> load)
    {
        using var ended = new ManualResetEventSlim();
        using var work = NativeWork.Enter(static () => { }, ended.Wait);
        try
        {
            return load();
        }
        finally
        {
            ended.Set();
        }
    }

    // True for the last one, who frees the model; the next who asks for the key loads it again.
    private static bool Return(Model model)
    {
        lock (Gate)
        {
            if (--model.Leases > 0) return false;
            Models.Remove(model.Key);
            return true;
        }
    }

    private static async Task FreeAsync(Task<TorchChatClient> loading)
    {
        await ((Task)loading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (loading.IsCompletedSuccessfully) (await loading).Dispose();
    }

    private sealed class Model(string key, Task<TorchChatClient> client)
    {
        public string Key => key;

        public Task<TorchChatClient> Client => client;

        public int Leases { get; set; }
    }

    private sealed class Lease(TorchChatClient client, Model model) : DelegatingChatClient(client)
    {
        private int _disposed;

#pragma warning disable CA2215 // The base would dispose of what others still use.
        protected override void Dispose(bool disposing)
#pragma warning restore CA2215
        {
            if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0 && Return(model)) client.Dispose();
        }
    }
}
