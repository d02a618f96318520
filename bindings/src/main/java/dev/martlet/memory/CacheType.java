package dev.martlet.memory;

/** How the numbers of a KV cache are stored. */
public enum CacheType {
    /** 16 bits each, as the model was made for. */
    F16(0, 1, 2),
    /** 8 bits each and a scale for 32 of them: close to {@link #F16} in half the memory. */
    Q8_0(8, 32, 34),
    /** 4 bits each and a scale for 32 of them: answers may suffer. */
    Q4_0(2, 32, 18);

    private final int number;
    private final int block;
    private final int blockBytes;

    CacheType(int number, int block, int blockBytes) {
        this.number = number;
        this.block = block;
        this.blockBytes = blockBytes;
    }

    /** Its number in the native library. */
    public int number() {
        return number;
    }

    /** Whether it is less exact than what the model computes with. */
    public boolean quantised() {
        return block > 1;
    }

    /** Bytes of this many numbers, which are a whole number of blocks. */
    public long bytes(long numbers) {
        return numbers / block * blockBytes;
    }
}
