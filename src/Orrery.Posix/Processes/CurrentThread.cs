namespace Orrery.Posix;

/// <summary>The calling thread as the system knows it.</summary>
public static class CurrentThread
{
    /// <summary>Its id (gettid(2)).</summary>
    public static int Id => Libc.gettid();
}
